//! The ways of frames: to the client, and to the home of the session that it resumed.

use super::peer::{Peer, Took};
use openclaw_cloudflare::Env;
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, mem::take, rc::Rc};

/// Where the client is.
#[derive(Clone, Default)]
pub(super) enum Line {
    /// Nowhere.
    #[default]
    None,
    /// At this object's socket.
    Own,
    /// At another object.
    Peer(Rc<Post>),
}

/// The same as it is saved.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Place {
    #[default]
    None,
    Own,
    Peer(String),
}

impl From<&Line> for Place {
    fn from(line: &Line) -> Self {
        match line {
            Line::None => Self::None,
            Line::Own => Self::Own,
            Line::Peer(post) => Self::Peer(post.peer.clone()),
        }
    }
}

impl From<Place> for Line {
    fn from(place: Place) -> Self {
        match place {
            Place::None => Self::None,
            Place::Own => Self::Own,
            Place::Peer(peer) => Self::Peer(Post::to(peer)),
        }
    }
}

/// What is on its way to another object: one call at a time, with all that has come meanwhile, so
/// that everything arrives once and in order.
pub(super) struct Post {
    pub(super) peer: String,
    waiting: RefCell<Waiting>,
}

#[derive(Default)]
struct Waiting {
    texts: Vec<String>,
    end: Option<(u16, String)>,
    is_under_way: bool,
}

/// Whose frames they are.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// The client's.
    Up,
    /// The session's.
    Down,
}

impl Post {
    pub(super) fn to(peer: String) -> Rc<Self> {
        let waiting = RefCell::default();
        Rc::new(Self { peer, waiting })
    }

    pub(super) fn push(&self, texts: impl IntoIterator<Item = String>) {
        self.waiting.borrow_mut().texts.extend(texts);
    }

    /// The last there is: why the connection ended, or is to end.
    pub(super) fn end(&self, code: u16, reason: &str) {
        self.waiting.borrow_mut().end = Some((code, reason.to_owned()));
    }

    /// Whether somebody is to begin delivering.
    pub(super) fn is_to_begin(&self) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        !std::mem::replace(&mut waiting.is_under_way, true)
    }

    /// Delivers what waits, until nothing does. How it ended otherwise.
    pub(super) async fn deliver(&self, way: Way, env: &Env, own: &str) -> Result<Took, String> {
        loop {
            let (texts, end) = {
                let mut waiting = self.waiting.borrow_mut();
                if waiting.texts.is_empty() && waiting.end.is_none() {
                    waiting.is_under_way = false;
                    return Ok(Took::All);
                }
                (take(&mut waiting.texts), waiting.end.take())
            };
            let peer = Peer::of(env, &self.peer)?;
            let (code, reason) = end.unzip();
            let took = match way {
                Way::Up => peer.up(own, texts, code).await?,
                Way::Down => peer.down(texts, code, &reason.unwrap_or_default()).await?,
            };
            if took != Took::All {
                self.waiting.borrow_mut().is_under_way = false;
                return Ok(took);
            }
        }
    }
}
