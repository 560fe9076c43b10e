//! Sessions that go on over another object's connection.

use super::{Live, Role};
use crate::{
    Close, Input, SESSION, SessionAuth,
    worker::{
        line::{Line, Post, Way},
        peer::Peer,
    },
};
use openclaw_core::json;
use std::{mem::replace, rc::Rc};

impl Live {
    /// Asks the home of `session` to go on with it over this connection.
    pub(super) fn resume(self: &Rc<Self>, session: String, last_seq: u64, auth: SessionAuth) {
        let live = self.clone();
        self.object.spawn(async move {
            let home = session.strip_prefix(SESSION).unwrap_or_default();
            match live.ask(home, last_seq, &auth).await {
                Ok(true) => live.relay_to(home),
                Ok(false) => live.step(Input::NotResumed),
                Err(error) => {
                    let error = error.to_string();
                    tracing::debug!(error, "a session's home cannot be reached");
                    live.step(Input::NotResumed);
                }
            }
        });
    }

    async fn ask(&self, home: &str, last_seq: u64, auth: &SessionAuth) -> Result<bool, String> {
        let peer = Peer::of(&self.env, home)?;
        let auth = serde_json::to_string(auth).map_err(|error| error.to_string())?;
        peer.attach(&self.id, &auth, last_seq).await
    }

    /// The connection is the other session's from now on.
    fn relay_to(self: &Rc<Self>, home: &str) {
        let post = Post::to(home.to_owned());
        let own = replace(&mut *self.role.borrow_mut(), Role::Relay(post.clone()));
        if let Role::Home(mut session) = own {
            post.push(session.take_deferred());
        }
        self.deliver(&post, Way::Up);
        let is_lost = matches!(*self.line.borrow(), Line::None);
        match is_lost {
            // While the other was asked.
            true => self.ended(1006),
            false => self.save(),
        }
    }

    /// Goes on with this object's session over the connection of the object `from`, where it is
    /// the auth's and has everything behind `last_seq`; whether that is so.
    pub(in crate::worker) fn attach(
        self: &Rc<Self>,
        from: String,
        auth: &str,
        last_seq: u64,
    ) -> bool {
        let Ok(auth) = json::read::<SessionAuth>(auth.as_bytes()) else {
            return false;
        };
        self.look_at_line();
        let can = match &*self.role.borrow() {
            Role::Home(session) => session.can_resume(&auth.key, last_seq),
            _ => false,
        };
        if can {
            self.hang_up(Close::Resumed);
            self.line.replace(Line::Peer(Post::to(from)));
            self.step(Input::Attached(auth, last_seq));
        }
        can
    }
}
