//! Sessions that are put aside.

use super::{ConnectionState, Limits, Session, SessionAuth};
use crate::{
    client_frame::Resume,
    replay::Replay,
    server_frame::{self, RequestFrame},
};
use bytes::Bytes;
use openclaw_core::{Code, Error, Timestamp};
use serde::{Deserialize, Serialize};

/// A session as it is stored. Field names on the right are those of the stored form, which stays.
#[derive(Deserialize, Serialize)]
struct Stored {
    id: String,
    born: Timestamp,
    #[serde(rename = "grant")]
    auth: Option<SessionAuth>,
    renewal: Timestamp,
    #[serde(rename = "line")]
    connection: ConnectionState,
    #[serde(rename = "held")]
    deferred: Vec<String>,
    #[serde(rename = "wanted")]
    pending_resume: Option<(String, u64)>,
    running: Vec<String>,
    runs: u64,
    last: u64,
    frames: Vec<(Timestamp, String)>,
}

impl Session {
    /// For [`Session::load`].
    pub fn save(&self) -> Vec<u8> {
        let frames = self.replay.frames();
        let stored = Stored {
            id: self.id.clone(),
            born: self.born,
            auth: self.auth.clone(),
            renewal: self.renewal,
            connection: self.connection,
            deferred: self.deferred.clone(),
            pending_resume: self
                .pending_resume
                .clone()
                .map(|it| (it.session, it.last_seq)),
            running: self.running.values().cloned().collect(),
            runs: self.runs,
            last: self.replay.last(),
            frames: frames
                .map(|(at, frame)| (*at, String::from_utf8_lossy(frame).into_owned()))
                .collect(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// A session as [`Session::save`] left it. Requests that ran then have been cut off: errors
    /// say so with the next step.
    pub fn load(saved: &[u8], now: Timestamp, limits: Limits) -> Result<Self, Error> {
        let stored: Stored = serde_json::from_slice(saved).map_err(Error::internal)?;
        let frames = stored.frames.into_iter();
        let frames = frames.map(|(at, frame)| (at, Bytes::from(frame))).collect();
        let pending_resume = stored.pending_resume;
        let mut session = Self {
            auth: stored.auth,
            renewal: stored.renewal,
            connection: stored.connection,
            deferred: stored.deferred,
            pending_resume: pending_resume.map(|(session, last_seq)| Resume { session, last_seq }),
            runs: stored.runs,
            replay: Replay::restore(stored.last, frames),
            ..Self::new(stored.id, stored.born, limits)
        };
        let message = "The request was cut off";
        let error = server_frame::error(&Error::new(Code::Internal, message));
        for id in stored.running {
            session.send_numbered(now, &id, RequestFrame::Error { error: &error });
        }
        Ok(session)
    }
}
