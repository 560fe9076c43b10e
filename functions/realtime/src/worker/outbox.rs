//! Messages between a client and the session that it resumed, by way of another object.

use super::peer::{Delivery, Peer};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, mem::take, rc::Rc};
use worker::Env;

/// Where the client of a session is.
#[derive(Clone, Default)]
pub(super) enum Client {
    /// Nowhere.
    #[default]
    None,
    /// At this object's socket.
    Own,
    /// At another object.
    Peer(Rc<Outbox>),
}

/// The same as it is saved.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum SavedClient {
    #[default]
    None,
    Own,
    Peer(String),
}

impl From<&Client> for SavedClient {
    fn from(client: &Client) -> Self {
        match client {
            Client::None => Self::None,
            Client::Own => Self::Own,
            Client::Peer(outbox) => Self::Peer(outbox.peer.clone()),
        }
    }
}

impl From<SavedClient> for Client {
    fn from(saved: SavedClient) -> Self {
        match saved {
            SavedClient::None => Self::None,
            SavedClient::Own => Self::Own,
            SavedClient::Peer(peer) => Self::Peer(Outbox::to(peer)),
        }
    }
}

/// Messages on their way to another object: one call at a time, each with all messages that have come
/// meanwhile, so that everything arrives once and in order.
pub(super) struct Outbox {
    pub(super) peer: String,
    waiting: RefCell<Waiting>,
}

#[derive(Default)]
struct Waiting {
    texts: Vec<String>,
    end: Option<(u16, String)>,
    is_under_way: bool,
}

/// The direction of messages.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    FromClient,
    ToClient,
}

impl Outbox {
    pub(super) fn to(peer: String) -> Rc<Self> {
        let waiting = RefCell::default();
        Rc::new(Self { peer, waiting })
    }

    pub(super) fn push(&self, texts: impl IntoIterator<Item = String>) {
        self.waiting.borrow_mut().texts.extend(texts);
    }

    /// Adds the last message: why the connection ended, or is to end.
    pub(super) fn end(&self, code: u16, reason: &str) {
        self.waiting.borrow_mut().end = Some((code, reason.to_owned()));
    }

    /// Whether the caller has to deliver, because nobody does yet.
    pub(super) fn start_delivery(&self) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        !std::mem::replace(&mut waiting.is_under_way, true)
    }

    /// Delivers until nothing waits, or until the other object does not take it.
    pub(super) async fn deliver(
        &self,
        direction: Direction,
        env: &Env,
        own: &str,
    ) -> Result<Delivery, String> {
        loop {
            let (texts, end) = {
                let mut waiting = self.waiting.borrow_mut();
                if waiting.texts.is_empty() && waiting.end.is_none() {
                    waiting.is_under_way = false;
                    return Ok(Delivery::All);
                }
                (take(&mut waiting.texts), waiting.end.take())
            };
            let peer = Peer::of(env, &self.peer)?;
            let (code, reason) = end.unzip();
            let delivery = match direction {
                Direction::FromClient => peer.receive_from_client(own, texts, code).await?,
                Direction::ToClient => {
                    let reason = reason.unwrap_or_default();
                    peer.send_to_client(texts, code, &reason).await?
                }
            };
            if delivery != Delivery::All {
                self.waiting.borrow_mut().is_under_way = false;
                return Ok(delivery);
            }
        }
    }
}
