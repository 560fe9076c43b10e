//! Sessions that go on over the connection of another object.

use super::{ConnectionObject, Role};
use crate::{
    Close, Input, SESSION, SessionAuth,
    worker::{
        outbox::{Client, Direction, Outbox},
        peer::Peer,
    },
};
use std::{mem::replace, rc::Rc};

impl ConnectionObject {
    /// Asks the home of `session` to go on with it over this connection.
    pub(super) fn resume(self: &Rc<Self>, session: String, last_seq: u64, auth: SessionAuth) {
        let object = self.clone();
        self.object.spawn(async move {
            let home = session.strip_prefix(SESSION).unwrap_or_default();
            match object.ask(home, last_seq, &auth).await {
                Ok(true) => object.relay_to(home),
                Ok(false) => object.step(Input::NotResumed),
                Err(error) => {
                    tracing::debug!(error, "a session's home cannot be reached");
                    object.step(Input::NotResumed);
                }
            }
        });
    }

    async fn ask(&self, home: &str, last_seq: u64, auth: &SessionAuth) -> Result<bool, String> {
        let peer = Peer::of(&self.env, home)?;
        let auth = serde_json::to_string(auth).map_err(|error| error.to_string())?;
        peer.attach(&self.id, &auth, last_seq).await
    }

    /// From now on the connection belongs to the other session.
    fn relay_to(self: &Rc<Self>, home: &str) {
        let outbox = Outbox::to(home.to_owned());
        let own = replace(&mut *self.role.borrow_mut(), Role::Relay(outbox.clone()));
        if let Role::Home(mut session) = own {
            outbox.push(session.take_deferred());
        }
        self.deliver(&outbox, Direction::FromClient);
        let is_lost = matches!(*self.client.borrow(), Client::None);
        match is_lost {
            // The client left while the other object was asked.
            true => self.ended(1006),
            false => self.save(),
        }
    }

    /// Goes on with this object's session over the connection of the object `from`, where it belongs to
    /// the key of `auth` and has every frame after `last_seq`; whether that is so.
    pub(in crate::worker) fn attach(
        self: &Rc<Self>,
        from: String,
        auth: &str,
        last_seq: u64,
    ) -> bool {
        let Ok(auth) = serde_json::from_str::<SessionAuth>(auth) else {
            return false;
        };
        self.check_socket();
        let can = match &*self.role.borrow() {
            Role::Home(session) => session.can_resume(&auth.key, last_seq),
            _ => false,
        };
        if can {
            self.close_client(Close::Resumed);
            self.client.replace(Client::Peer(Outbox::to(from)));
            self.step(Input::Attached(auth, last_seq));
        }
        can
    }
}
