//! A WebSocket that an object accepted.

use crate::{WorkerClock, glue};
use openclaw_core::{Clock, Timestamp};
use std::{cell::Cell, time::Duration};
use web_sys::WebSocket;

/// Bytes that may wait for a client that reads nothing: 1 MiB,
const MAX_WAITING: u32 = 1 << 20;

/// after this time, which a slow line needs for what was sent at once;
const PATIENCE: Duration = Duration::from_secs(2);

/// and for one that reads, however slowly.
const MOST: u32 = 4 << 20;

/// The platform's end of a WebSocket.
pub struct Socket {
    socket: WebSocket,
    /// Since when more waits than may, and how much did then.
    over: Cell<Option<(Timestamp, u32)>>,
}

impl Socket {
    pub(super) const fn new(socket: WebSocket) -> Self {
        Self {
            socket,
            over: Cell::new(None),
        }
    }

    /// Sends a message; `false` where the socket is not open any more.
    pub fn send(&self, text: &str) -> bool {
        self.socket.ready_state() == WebSocket::OPEN && self.socket.send_with_str(text).is_ok()
    }

    /// Whether the client does not read what was sent, to be asked before sending more.
    pub fn is_overrun(&self) -> bool {
        let (now, waiting) = (WorkerClock.now(), self.socket.buffered_amount());
        let (over, is_overrun) = overrun(self.over.get(), now, waiting);
        self.over.set(over);
        is_overrun
    }

    /// Closes it, also as the answer to the client's closing, which has to be given by hand.
    pub fn close(&self, code: u16, reason: &str) {
        // It may be closed already.
        let _ = glue::close(&self.socket, code, reason);
    }
}

/// What to remember of a look at what waits, and whether it is too much.
fn overrun(
    over: Option<(Timestamp, u32)>,
    now: Timestamp,
    waiting: u32,
) -> (Option<(Timestamp, u32)>, bool) {
    match over {
        _ if waiting <= MAX_WAITING => (None, false),
        _ if waiting > MOST => (over, true),
        Some((since, before)) if now >= since + PATIENCE => {
            (Some((now, waiting)), waiting >= before)
        }
        Some(_) => (over, false),
        None => (Some((now, waiting)), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;

    #[test]
    fn who_reads_nothing_is_told_from_who_reads_slowly() {
        let at = |second| time::from_second(second);
        assert_eq!(overrun(None, at(0), MAX_WAITING), (None, false));
        let (over, is_overrun) = overrun(None, at(0), MAX_WAITING + 9);
        assert!(!is_overrun);
        assert!(!overrun(over, at(1), MAX_WAITING + 9).1);
        assert!(overrun(over, at(2), MAX_WAITING + 9).1);
        // Some of it went.
        let (later, is_overrun) = overrun(over, at(2), MAX_WAITING + 8);
        assert!(!is_overrun);
        assert!(!overrun(later, at(3), MAX_WAITING + 8).1);
        assert!(overrun(later, at(4), MAX_WAITING + 8).1);
        assert_eq!(overrun(over, at(3), 5), (None, false));
        assert!(overrun(None, at(0), MOST + 1).1);
    }
}
