//! Sessions that are put aside.

use super::{Grant, Limits, Line, Session};
use crate::{
    frame::Resume,
    replay::Replay,
    reply::{self, Said},
};
use bytes::Bytes;
use openclaw_core::{Code, Error, Timestamp};
use serde::{Deserialize, Serialize};

/// A session as it is stored.
#[derive(Deserialize, Serialize)]
struct Stored {
    id: String,
    born: Timestamp,
    grant: Option<Grant>,
    renewal: Timestamp,
    line: Line,
    held: Vec<String>,
    wanted: Option<(String, u64)>,
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
            grant: self.grant.clone(),
            renewal: self.renewal,
            line: self.line,
            held: self.held.clone(),
            wanted: self.wanted.clone().map(|it| (it.session, it.last_seq)),
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
        let stored: Stored = openclaw_core::json::read(saved).map_err(Error::internal)?;
        let frames = stored.frames.into_iter();
        let frames = frames.map(|(at, frame)| (at, Bytes::from(frame))).collect();
        let wanted = stored.wanted;
        let mut session = Self {
            grant: stored.grant,
            renewal: stored.renewal,
            line: stored.line,
            held: stored.held,
            wanted: wanted.map(|(session, last_seq)| Resume { session, last_seq }),
            runs: stored.runs,
            replay: Replay::restore(stored.last, frames),
            ..Self::new(stored.id, stored.born, limits)
        };
        let message = "The request was cut off";
        let error = reply::error(&Error::new(Code::Internal, message));
        for id in stored.running {
            session.number(now, &id, Said::Error { error: &error });
        }
        Ok(session)
    }
}
