//! Why connections are closed.

/// Why a connection is closed (RFC 6455, 7.4; from 4000 on our own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Close {
    /// The server ends.
    GoingAway = 1001,
    /// The protocol was not kept.
    Protocol = 1002,
    /// A binary message.
    Binary = 1003,
    /// A text that is no UTF-8.
    NotUtf8 = 1007,
    /// A frame over [`MAX_FRAME`](super::MAX_FRAME), or before authentication over
    /// [`MAX_FIRST_FRAME`](super::MAX_FIRST_FRAME).
    TooLong = 1009,
    /// The client does not read, or sends more than can wait.
    Overrun = 1013,
    /// Not authenticated, or wrongly.
    Unauthorized = 4401,
    /// The session was resumed on another connection.
    Resumed = 4409,
    /// Too many connections of the account.
    TooMany = 4429,
}

impl Close {
    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// For people.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "the server ends",
            Self::Protocol => "the protocol was not kept",
            Self::Binary => "text messages only",
            Self::NotUtf8 => "a text is not UTF-8",
            Self::TooLong => "the frame is too long",
            Self::Overrun => "too much is waiting",
            Self::Unauthorized => "not authenticated",
            Self::Resumed => "the session was resumed on another connection",
            Self::TooMany => "too many connections",
        }
    }
}
