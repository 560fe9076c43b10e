//! Sessions of the WebSocket between two invocations. Each is a partition of the ledger with the saved
//! session, the messages that nobody has taken yet, and the lease of the invocation that works on it.

use bytes::{Bytes, BytesMut};
use futures_util::future::try_join_all;
use openclaw_core::{
    Clock, Ledger, StoreError, Timestamp,
    ledger::{Outcome, Step, When},
};
use std::{sync::Arc, time::Duration};

/// How long a lease lasts unless it is renewed: a function that was killed holds its session until then.
pub const LEASE_TIME: Duration = Duration::from_secs(15);

/// How long a message may wait.
const MESSAGE_TIME: Duration = Duration::from_secs(600);

/// The longest that a connection may be open, 2 hours with API Gateway, and a margin.
pub const MAX_CONNECTION_TIME: Duration = Duration::from_secs(2 * 3600 + 600);

/// Bytes of a document of the ledger.
const PIECE: usize = 300 * 1024;

/// Pieces of one saved session: all are written in one transaction.
const MAX_PIECES: usize = 12;

/// Messages that are taken at once.
const MAX_MESSAGES: usize = 32;

/// The prefix of the partitions of connections.
const CONNECTIONS: &str = "conn_";
/// The key of a connection's session.
const POINTER: &str = "session";
const LEASE: &str = "held";
const MESSAGES: &str = "in/";
const SAVED: &str = "saved/";

/// Sessions in the ledger. All of their items expire by themselves.
#[derive(Clone)]
pub struct SessionStore {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
}

/// The holder of a session's lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseHolder {
    /// The name it gave itself.
    pub name: String,
    /// When the lease ends unless it is renewed.
    pub until: Timestamp,
}

type Result<T> = std::result::Result<T, StoreError>;

impl SessionStore {
    /// A store in this ledger.
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

    /// Makes a connection that of a session, for so long.
    pub async fn bind_connection(
        &self,
        connection: &str,
        session: &str,
        lives: Duration,
    ) -> Result<()> {
        let document = Bytes::copy_from_slice(session.as_bytes());
        let put = self.put(POINTER, document, When::Always, lives);
        self.one(&partition(connection), put).await.map(drop)
    }

    /// Forgets a connection.
    pub async fn unbind_connection(&self, connection: &str) -> Result<()> {
        self.one(&partition(connection), delete(POINTER))
            .await
            .map(drop)
    }

    /// Leaves a message for the invocation that works on the session. Messages are taken in the order
    /// of `at` (Unix milliseconds), and then of `id`, which tells those of one millisecond apart.
    pub async fn put_message(
        &self,
        session: &str,
        at: i64,
        id: &str,
        message: Bytes,
    ) -> Result<()> {
        let key = format!("{MESSAGES}{at:014}/{id}");
        let put = self.put(&key, message, When::Always, MESSAGE_TIME);
        self.one(session, put).await.map(drop)
    }

    /// Takes the messages that are there, in their order: at most once each.
    pub async fn take_messages(&self, session: &str) -> Result<Vec<Bytes>> {
        let found = self
            .ledger
            .query(session, MESSAGES, None, MAX_MESSAGES)
            .await?;
        let taken = found.iter().map(|(key, _)| self.one(session, delete(key)));
        try_join_all(taken).await?;
        let messages = found.into_iter();
        Ok(messages
            .filter_map(|(_, item)| item.document().cloned())
            .collect())
    }

    /// Whether any message waits.
    pub async fn has_messages(&self, session: &str) -> Result<bool> {
        let found = self.ledger.query(session, MESSAGES, None, 1).await?;
        Ok(!found.is_empty())
    }

    /// The holder of the session's lease.
    pub async fn lease_holder(&self, session: &str) -> Result<Option<LeaseHolder>> {
        let item = self.ledger.get(session, LEASE).await?;
        Ok(item.and_then(|item| {
            Some(LeaseHolder {
                name: String::from_utf8(item.document()?.to_vec()).ok()?,
                until: item.expires?,
            })
        }))
    }

    /// Takes the session's lease for [`LEASE_TIME`]; `false` where somebody holds it.
    pub async fn acquire_lease(&self, session: &str, name: &str) -> Result<bool> {
        self.put_lease(session, name, When::Absent).await
    }

    /// Holds the lease for another [`LEASE_TIME`]; `false` where it has ended.
    pub async fn renew_lease(&self, session: &str, name: &str) -> Result<bool> {
        self.put_lease(session, name, When::Present).await
    }

    async fn put_lease(&self, session: &str, name: &str, when: When) -> Result<bool> {
        let name = Bytes::copy_from_slice(name.as_bytes());
        let put = self.put(LEASE, name, when, LEASE_TIME);
        self.one(session, put).await
    }

    /// Gives the lease back.
    pub async fn release_lease(&self, session: &str) -> Result<()> {
        self.one(session, delete(LEASE)).await.map(drop)
    }

    /// Saves a session, all of it or nothing.
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

    /// The saved session.
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

    /// Forgets the saved session.
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

    fn store() -> (SessionStore, ManualClock) {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let ledger = MemoryLedger::new(Arc::new(clock.clone()));
        (
            SessionStore::new(Arc::new(ledger), Arc::new(clock.clone())),
            clock,
        )
    }

    #[tokio::test]
    async fn one_holds_a_lease_until_it_is_released_or_has_ended() {
        let (store, clock) = store();
        assert!(store.acquire_lease("s", "a").await.unwrap());
        assert!(!store.acquire_lease("s", "b").await.unwrap());
        clock.advance(LEASE_TIME - Duration::from_secs(1));
        assert!(store.renew_lease("s", "a").await.unwrap());
        clock.advance(LEASE_TIME - Duration::from_secs(1));
        assert_eq!(store.lease_holder("s").await.unwrap().unwrap().name, "a");
        clock.advance(Duration::from_secs(1));
        assert!(!store.renew_lease("s", "a").await.unwrap());
        assert!(store.acquire_lease("s", "b").await.unwrap());
        store.release_lease("s").await.unwrap();
        assert_eq!(store.lease_holder("s").await.unwrap(), None);
    }

    #[tokio::test]
    async fn messages_are_taken_in_order_and_once() {
        let (store, _) = store();
        for (at, id, message) in [(20, "a", "3"), (3, "b", "2"), (3, "a", "1")] {
            store
                .put_message("s", at, id, message.into())
                .await
                .unwrap();
        }
        assert!(store.has_messages("s").await.unwrap());
        assert_eq!(store.take_messages("s").await.unwrap(), ["1", "2", "3"]);
        assert!(!store.has_messages("s").await.unwrap());
    }

    #[tokio::test]
    async fn what_is_saved_comes_back_whole_whatever_was_there_before() {
        let (store, clock) = store();
        let until = clock.now() + Duration::from_secs(60);
        for length in [PIECE * 3 + 1, PIECE, 0, PIECE + 1] {
            let saved: Bytes = (0..length).map(|at| (at % 251) as u8).collect();
            store.save("s", &saved, until).await.unwrap();
            assert_eq!(store.load("s").await.unwrap(), Some(saved), "{length}");
        }
        clock.advance(Duration::from_secs(60));
        assert_eq!(store.load("s").await.unwrap(), None);
        let much = Bytes::from(vec![0; PIECE * MAX_PIECES + 1]);
        assert!(store.save("s", &much, until).await.is_err());
    }

    #[tokio::test]
    async fn a_connection_is_its_sessions_until_it_is_forgotten() {
        let (store, clock) = store();
        let minute = Duration::from_secs(60);
        store.bind_connection("c", "sess_1", minute).await.unwrap();
        store.bind_connection("c", "sess_2", minute).await.unwrap();
        assert_eq!(store.session_of("c").await.unwrap().unwrap(), "sess_2");
        clock.advance(minute);
        assert_eq!(store.session_of("c").await.unwrap(), None);
        store.bind_connection("c", "sess_3", minute).await.unwrap();
        store.unbind_connection("c").await.unwrap();
        assert_eq!(store.session_of("c").await.unwrap(), None);
    }
}
