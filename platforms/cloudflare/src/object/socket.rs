//! A WebSocket that an object accepted.

use crate::clock::now;
use openclaw_core::Timestamp;
use std::{cell::Cell, time::Duration};
use worker::WebSocket;

/// Bytes that may wait for a client that does not read for [`PATIENCE`].
const MAX_WAITING: u32 = 1 << 20;

/// A slow connection needs this time for bytes that were sent at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes that may wait for a client that reads, however slowly.
const MAX_WAITING_READER: u32 = 4 << 20;

/// Codes of a close frame that say that there was none. They must not be sent (RFC 6455, 7.4.1).
const NEVER_SENT: [u16; 3] = [1005, 1006, 1015];

const NORMAL_CLOSURE: u16 = 1000;

/// The platform's end of a WebSocket.
pub struct Socket {
    socket: WebSocket,
    /// Since when more bytes wait than may, and how many did then.
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
        let is_open = self.socket.as_ref().ready_state() == web_sys::WebSocket::OPEN;
        is_open && self.socket.send_with_str(text).is_ok()
    }

    /// Whether the client does not read what was sent. To be asked before sending more.
    pub fn is_overrun(&self) -> bool {
        let waiting = self.socket.as_ref().buffered_amount();
        let (over, is_overrun) = overrun(self.over.get(), now(), waiting);
        self.over.set(over);
        is_overrun
    }

    /// Closes it, also as the answer to the client's closing, which has to be given by hand.
    pub fn close(&self, code: u16, reason: &str) {
        let code = match NEVER_SENT.contains(&code) {
            true => NORMAL_CLOSURE,
            false => code,
        };
        // It may be closed already.
        let _ = self.socket.close(Some(code), Some(reason));
    }
}

/// The new state of [`Socket::over`] when `waiting` bytes wait, and whether they are too many.
fn overrun(
    over: Option<(Timestamp, u32)>,
    now: Timestamp,
    waiting: u32,
) -> (Option<(Timestamp, u32)>, bool) {
    match over {
        _ if waiting <= MAX_WAITING => (None, false),
        _ if waiting > MAX_WAITING_READER => (over, true),
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
    fn a_client_that_reads_nothing_differs_from_one_that_reads_slowly() {
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
        assert!(overrun(None, at(0), MAX_WAITING_READER + 1).1);
    }
}
