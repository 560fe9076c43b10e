//! Sessions of the WebSocket between two invocations: each a partition of the ledger that holds what was
//! saved of it, messages that nobody has taken yet, and whether somebody works on it.

use bytes::{Bytes, BytesMut};
use futures_util::future::try_join_all;
use openclaw_core::{
    Clock, Ledger, StoreError, Timestamp,
    ledger::{Outcome, Step, When},
};
use std::{sync::Arc, time::Duration};

/// For how long whoever works on a session holds it; a function that was killed holds it until then.
pub const LEASE: Duration = Duration::from_secs(15);

/// How long a letter may lie.
const LETTER: Duration = Duration::from_secs(600);

/// How long a connection may be open, and a little: 2 hours with API Gateway.
pub const CONNECTION: Duration = Duration::from_secs(2 * 3600 + 600);

/// Bytes of a document of the ledger.
const PIECE: usize = 300 * 1024;

/// Pieces of what is saved of one session: what is written in one transaction.
const MAX_PIECES: usize = 12;

/// Letters that are taken at once.
const LETTERS: usize = 32;

/// What the partitions of connections begin with.
const CONNECTIONS: &str = "conn_";
const POINTER: &str = "session";
const HELD: &str = "held";
const IN: &str = "in/";
const SAVED: &str = "saved/";

/// Where sessions lie. All of it expires by itself.
#[derive(Clone)]
pub struct Shelf {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
}

/// Who else holds a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// As it called itself.
    pub name: String,
    /// Until when, unless it says so again.
    pub until: Timestamp,
}

type Result<T> = std::result::Result<T, StoreError>;

impl Shelf {
    /// In this ledger.
    pub fn new(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    /// The session of a connection.
    pub async fn session_of(&self, connection: &str) -> Result<Option<String>> {
        let item = self.ledger.get(&partition(connection), POINTER).await?;
        Ok(item.and_then(|item| {
            let bytes = item.document()?;
            String::from_utf8(bytes.to_vec()).ok()
        }))
    }

    /// Leads a connection to a session.
    pub async fn lead(&self, connection: &str, session: &str) -> Result<()> {
        let document = Bytes::copy_from_slice(session.as_bytes());
        let put = self.put(POINTER, document, When::Always, CONNECTION);
        self.one(&partition(connection), put).await.map(drop)
    }

    /// Forgets where a connection leads.
    pub async fn forget_connection(&self, connection: &str) -> Result<()> {
        self.one(&partition(connection), delete(POINTER))
            .await
            .map(drop)
    }

    /// Leaves a letter for whoever works on the session: read in the order of `at`, and then of `id`,
    /// which tells letters of the same millisecond apart.
    pub async fn leave(&self, session: &str, at: i64, id: &str, letter: Bytes) -> Result<()> {
        let key = format!("{IN}{at:014}/{id}");
        let put = self.put(&key, letter, When::Always, LETTER);
        self.one(session, put).await.map(drop)
    }

    /// Takes the letters that are there, in their order: at most once each.
    pub async fn take_letters(&self, session: &str) -> Result<Vec<Bytes>> {
        let found = self.ledger.query(session, IN, None, LETTERS).await?;
        let taken = found.iter().map(|(key, _)| self.one(session, delete(key)));
        try_join_all(taken).await?;
        let letters = found.into_iter();
        Ok(letters
            .filter_map(|(_, item)| item.document().cloned())
            .collect())
    }

    /// Whether there are any.
    pub async fn has_letters(&self, session: &str) -> Result<bool> {
        let found = self.ledger.query(session, IN, None, 1).await?;
        Ok(!found.is_empty())
    }

    /// Who works on the session.
    pub async fn holder(&self, session: &str) -> Result<Option<Holder>> {
        let item = self.ledger.get(session, HELD).await?;
        Ok(item.and_then(|item| {
            Some(Holder {
                name: String::from_utf8(item.document()?.to_vec()).ok()?,
                until: item.expires?,
            })
        }))
    }

    /// Takes the session for [`LEASE`]; `false` where somebody holds it.
    pub async fn take(&self, session: &str, name: &str) -> Result<bool> {
        self.hold(session, name, When::Absent).await
    }

    /// Holds it for another [`LEASE`]. Whoever asks in time holds it still; `false`: too late.
    pub async fn keep(&self, session: &str, name: &str) -> Result<bool> {
        self.hold(session, name, When::Present).await
    }

    async fn hold(&self, session: &str, name: &str, when: When) -> Result<bool> {
        let name = Bytes::copy_from_slice(name.as_bytes());
        self.one(session, self.put(HELD, name, when, LEASE)).await
    }

    /// Lets go of the session.
    pub async fn let_go(&self, session: &str) -> Result<()> {
        self.one(session, delete(HELD)).await.map(drop)
    }

    /// Keeps what a session is to be continued from, all of it or nothing.
    pub async fn save(&self, session: &str, saved: &Bytes, expires: Timestamp) -> Result<()> {
        let count = saved.len().div_ceil(PIECE).max(1);
        if count > MAX_PIECES {
            return Err(StoreError::Fault(format!(
                "{} bytes of a session",
                saved.len()
            )));
        }
        let piece = |at: usize| {
            let bytes = saved.slice(at * PIECE..saved.len().min((at + 1) * PIECE));
            // Each says how many there are: a longer one may have been here before.
            let mut document = BytesMut::with_capacity(bytes.len() + 1);
            document.extend_from_slice(&[u8::try_from(count).unwrap_or(u8::MAX)]);
            document.extend_from_slice(&bytes);
            Step::Put {
                key: format!("{SAVED}{at:02}"),
                document: document.freeze(),
                when: When::Always,
                expires: Some(expires),
            }
        };
        self.all(session, (0..count).map(piece).collect())
            .await
            .map(drop)
    }

    /// What was saved of a session.
    pub async fn load(&self, session: &str) -> Result<Option<Bytes>> {
        let found = self.ledger.query(session, SAVED, None, MAX_PIECES).await?;
        let pieces = Vec::from_iter(found.iter().filter_map(|(_, item)| item.document()));
        let Some(count) = pieces.first().and_then(|piece| piece.first()) else {
            return Ok(None);
        };
        let count = usize::from(*count);
        if pieces.len() < count {
            return Ok(None);
        }
        let mut saved = BytesMut::new();
        for piece in &pieces[..count] {
            saved.extend_from_slice(piece.get(1..).unwrap_or_default());
        }
        Ok(Some(saved.freeze()))
    }

    /// Forgets what was saved of a session.
    pub async fn forget(&self, session: &str) -> Result<()> {
        let found = self.ledger.query(session, SAVED, None, MAX_PIECES).await?;
        let gone = found.iter().map(|(key, _)| self.one(session, delete(key)));
        try_join_all(gone).await.map(drop)
    }

    fn put(&self, key: &str, document: Bytes, when: When, lives: Duration) -> Step {
        Step::Put {
            key: key.into(),
            document,
            when,
            expires: Some(self.clock.now() + lives),
        }
    }

    async fn one(&self, partition: &str, step: Step) -> Result<bool> {
        self.all(partition, vec![step]).await
    }

    /// `false` where it was refused.
    async fn all(&self, partition: &str, steps: Vec<Step>) -> Result<bool> {
        match self.ledger.transact(partition, steps).await? {
            Outcome::Applied(applied) => applied.durable.await.map(|()| true),
            Outcome::Refused { .. } => Ok(false),
        }
    }
}

fn partition(connection: &str) -> String {
    format!("{CONNECTIONS}{connection}")
}

fn delete(key: &str) -> Step {
    Step::Delete {
        key: key.into(),
        when: When::Always,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_testkit::{ManualClock, MemoryLedger};

    fn shelf() -> (Shelf, ManualClock) {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let ledger = MemoryLedger::new(Arc::new(clock.clone()));
        (Shelf::new(Arc::new(ledger), Arc::new(clock.clone())), clock)
    }

    #[tokio::test]
    async fn one_holds_a_session_until_it_lets_go_or_is_late() {
        let (shelf, clock) = shelf();
        assert!(shelf.take("s", "a").await.unwrap());
        assert!(!shelf.take("s", "b").await.unwrap());
        clock.advance(LEASE - Duration::from_secs(1));
        assert!(shelf.keep("s", "a").await.unwrap());
        clock.advance(LEASE - Duration::from_secs(1));
        assert_eq!(shelf.holder("s").await.unwrap().unwrap().name, "a");
        clock.advance(Duration::from_secs(1));
        assert!(!shelf.keep("s", "a").await.unwrap());
        assert!(shelf.take("s", "b").await.unwrap());
        shelf.let_go("s").await.unwrap();
        assert_eq!(shelf.holder("s").await.unwrap(), None);
    }

    #[tokio::test]
    async fn letters_are_taken_in_order_and_once() {
        let (shelf, _) = shelf();
        for (at, id, letter) in [(20, "a", "3"), (3, "b", "2"), (3, "a", "1")] {
            shelf.leave("s", at, id, letter.into()).await.unwrap();
        }
        assert!(shelf.has_letters("s").await.unwrap());
        assert_eq!(shelf.take_letters("s").await.unwrap(), ["1", "2", "3"]);
        assert!(!shelf.has_letters("s").await.unwrap());
    }

    #[tokio::test]
    async fn what_is_saved_comes_back_whole_whatever_was_there_before() {
        let (shelf, clock) = shelf();
        let until = clock.now() + Duration::from_secs(60);
        for length in [PIECE * 3 + 1, PIECE, 0, PIECE + 1] {
            let saved: Bytes = (0..length).map(|at| (at % 251) as u8).collect();
            shelf.save("s", &saved, until).await.unwrap();
            assert_eq!(shelf.load("s").await.unwrap(), Some(saved), "{length}");
        }
        clock.advance(Duration::from_secs(60));
        assert_eq!(shelf.load("s").await.unwrap(), None);
        let much = Bytes::from(vec![0; PIECE * MAX_PIECES + 1]);
        assert!(shelf.save("s", &much, until).await.is_err());
    }

    #[tokio::test]
    async fn a_connection_leads_to_a_session_until_it_is_forgotten() {
        let (shelf, _) = shelf();
        shelf.lead("c", "sess_1").await.unwrap();
        shelf.lead("c", "sess_2").await.unwrap();
        assert_eq!(shelf.session_of("c").await.unwrap().unwrap(), "sess_2");
        shelf.forget_connection("c").await.unwrap();
        assert_eq!(shelf.session_of("c").await.unwrap(), None);
    }
}
