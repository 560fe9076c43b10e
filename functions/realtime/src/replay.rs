//! The frames of a session that a client may have missed.

use bytes::Bytes;
use openclaw_core::Timestamp;
use std::{collections::VecDeque, time::Duration};

/// How long a frame is kept, and how long a session outlives its connection.
pub(crate) const KEPT: Duration = Duration::from_secs(120);

/// The last frames, the newest of which has the number `last`.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    frames: VecDeque<(Timestamp, Bytes)>,
    bytes: usize,
    last: u64,
}

impl Replay {
    pub(crate) fn restore(last: u64, frames: Vec<(Timestamp, Bytes)>) -> Self {
        Self {
            bytes: frames.iter().map(|(_, frame)| frame.len()).sum(),
            frames: frames.into(),
            last,
        }
    }

    pub(crate) fn frames(&self) -> impl Iterator<Item = &(Timestamp, Bytes)> {
        self.frames.iter()
    }

    /// The number of the newest frame; 0 before the first.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// Keeps the frame with the next number, and at most `most` bytes in all.
    pub(crate) fn push(&mut self, now: Timestamp, frame: Bytes, most: usize) {
        self.last += 1;
        self.bytes += frame.len();
        self.frames.push_back((now, frame));
        while self.bytes > most {
            self.drop_oldest();
        }
    }

    /// Whether all frames after `seq` are still here.
    pub(crate) fn reaches(&self, seq: u64) -> bool {
        let missed = self.last.checked_sub(seq);
        missed.is_some_and(|missed| missed <= self.frames.len() as u64)
    }

    /// The frames after `seq`, as far as they are still here.
    pub(crate) fn after(&self, seq: u64) -> Vec<Bytes> {
        let missed = usize::try_from(self.last.saturating_sub(seq)).unwrap_or(usize::MAX);
        let known = self.frames.len().saturating_sub(missed);
        let frames = self.frames.iter().skip(known);
        frames.map(|(_, frame)| frame.clone()).collect()
    }

    /// Forgets what is older than [`KEPT`].
    pub(crate) fn trim(&mut self, now: Timestamp) {
        while self.expiry().is_some_and(|expiry| expiry <= now) {
            self.drop_oldest();
        }
        if self.frames.is_empty() {
            self.frames.shrink_to_fit();
        }
    }

    /// When its oldest frame is too old.
    fn expiry(&self) -> Option<Timestamp> {
        self.frames.front().map(|(at, _)| *at + KEPT)
    }

    /// When its newest frame is too old: by then all of it can go at once.
    pub(crate) fn stale(&self) -> Option<Timestamp> {
        self.frames.back().map(|(at, _)| *at + KEPT)
    }

    fn drop_oldest(&mut self) {
        if let Some((_, frame)) = self.frames.pop_front() {
            self.bytes -= frame.len();
        }
    }
}
