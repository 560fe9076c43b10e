//! A WebSocket client that holds every frame to docs/websocket.md.

use super::{
    Target,
    document::Sender,
    frames::{self, Told},
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{
            CloseFrame,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

/// Bytes of a frame that API Gateway takes.
const API_GATEWAY_FRAME: usize = 32 << 10;

/// What a client sees of a close code: a function behind API Gateway can close, and not say why. 1003,
/// 1007 and 1009 are API Gateway's own.
fn seen(code: u16) -> u16 {
    match Target::chosen() {
        Target::Lambda if ![1003, 1007, 1009].contains(&code) => 1000,
        _ => code,
    }
}

/// Whether it is the frame that says in place of the code that the session was resumed elsewhere.
fn tells_of_4409(frame: &Value) -> bool {
    let ends_nothing = frame["type"] == "error" && frame.get("id").is_none();
    Target::chosen() == Target::Lambda && ends_nothing && frame["error"]["code"] == "conflict"
}

/// How long an answer may be waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// An open connection.
#[derive(Debug)]
pub struct Socket {
    line: WebSocketStream<TcpStream>,
    /// The session, once authenticated.
    pub session: String,
    /// The `seq` of the last frame that came: the next one's is one more.
    pub last_seq: u64,
}

impl Socket {
    pub(super) const fn new(line: WebSocketStream<TcpStream>) -> Self {
        Self {
            line,
            session: String::new(),
            last_seq: 0,
        }
    }

    /// Sends a frame as docs/asyncapi.yaml has it.
    pub async fn send(&mut self, frame: &Value) {
        frames::is(Sender::Client, frame);
        self.send_wrong(frame).await;
    }

    /// Sends one that the gateway need not like.
    pub async fn send_wrong(&mut self, frame: &Value) {
        self.text(&frame.to_string()).await;
    }

    /// Sends a text message; to API Gateway in frames that it takes.
    pub async fn text(&mut self, text: &str) {
        if Target::chosen() != Target::Lambda || text.len() <= API_GATEWAY_FRAME {
            return self.message(Message::text(text)).await;
        }
        let mut pieces = text.as_bytes().chunks(API_GATEWAY_FRAME).peekable();
        let mut kind = Data::Text;
        while let Some(piece) = pieces.next() {
            let piece = Bytes::copy_from_slice(piece);
            let frame = Frame::message(piece, OpCode::Data(kind), pieces.peek().is_none());
            self.message(Message::Frame(frame)).await;
            kind = Data::Continue;
        }
    }

    /// Sends any message.
    pub async fn message(&mut self, message: Message) {
        let sent = timeout(PATIENCE, self.line.send(message)).await;
        sent.expect("sent").expect("an open line");
    }

    /// Sends bytes of our own making.
    pub async fn raw(&mut self, bytes: &[u8]) {
        let line = self.line.get_mut();
        line.write_all(bytes).await.expect("an open line");
    }

    /// Sends a chat of this id; `body` is REST's.
    pub async fn chat(&mut self, id: &str, body: &Value) {
        self.send(&frames::chat(id, body)).await;
    }

    /// Sends one whose body need not be right.
    pub async fn chat_wrong(&mut self, id: &str, body: &Value) {
        self.send_wrong(&frames::chat(id, body)).await;
    }

    /// The next frame; `None` where the line broke or was closed.
    pub async fn next(&mut self) -> Option<Value> {
        match self.incoming(PATIENCE).await.expect("a frame within 20 s") {
            Ok(text) => Some(self.checked(&text)),
            Err(_) => None,
        }
    }

    /// The next frame.
    pub async fn frame(&mut self) -> Value {
        match self.incoming(PATIENCE).await.expect("a frame within 20 s") {
            Ok(text) => self.checked(&text),
            Err(code) => panic!("closed with {code:?} in place of a frame"),
        }
    }

    /// The next frame, if one comes so soon.
    pub async fn frame_within(&mut self, time: Duration) -> Option<Value> {
        match self.incoming(time).await? {
            Ok(text) => Some(self.checked(&text)),
            Err(code) => panic!("closed with {code:?} in place of a frame"),
        }
    }

    /// The next frame, unless it is closed with this code.
    pub async fn next_or_close(&mut self, code: u16) -> Option<Value> {
        match self.incoming(PATIENCE).await.expect("a frame within 20 s") {
            Ok(text) => {
                let frame = self.checked(&text);
                if code == 4409 && tells_of_4409(&frame) {
                    assert_eq!(self.closed().await, Some(seen(code)));
                    return None;
                }
                Some(frame)
            }
            Err(closed) => {
                assert_eq!(closed, Some(seen(code)));
                None
            }
        }
    }

    /// The payload of the protocol's own pong, which comes next.
    pub async fn pong(&mut self) -> Bytes {
        let next = timeout(PATIENCE, self.line.next()).await;
        match next.expect("a pong within 20 s") {
            Some(Ok(Message::Pong(payload))) => payload,
            other => panic!("{other:?} in place of a pong"),
        }
    }

    /// Nothing comes for so long.
    pub async fn is_silent_for(&mut self, time: Duration) {
        if let Some(came) = self.incoming(time).await {
            panic!("{came:?} in place of silence");
        }
    }

    /// The code it is closed with, next; `None` where the line broke.
    pub async fn closed(&mut self) -> Option<u16> {
        match self.incoming(PATIENCE).await.expect("an end within 20 s") {
            Ok(text) => panic!("{text} in place of the end"),
            Err(code) => code,
        }
    }

    /// It is closed next, with this code.
    pub async fn is_closed_with(&mut self, code: u16) {
        if code == 4409 && Target::chosen() == Target::Lambda {
            let frame = self.frame().await;
            assert!(tells_of_4409(&frame), "{frame}");
        }
        assert_eq!(self.closed().await, Some(seen(code)));
    }

    /// A message's text, or the code of the close frame; nothing within `limit`: `None`.
    async fn incoming(&mut self, limit: Duration) -> Option<Result<String, Option<u16>>> {
        let incoming = async {
            loop {
                match self.line.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(text.as_str().into()),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(why))) => {
                        // It is answered in waiting for the end.
                        while let Some(Ok(_)) = self.line.next().await {}
                        return Err(Some(why.map_or(1005, |why| why.code.into())));
                    }
                    Some(Ok(message)) => panic!("{message:?} in place of text"),
                    Some(Err(_)) | None => return Err(None),
                }
            }
        };
        timeout(limit, incoming).await.ok()
    }

    fn checked(&mut self, text: &str) -> Value {
        let frame: Value = serde_json::from_str(text).expect("JSON");
        frames::check(&frame);
        if frames::is_numbered(&frame) {
            assert_eq!(frame["seq"], self.last_seq + 1, "{frame}");
            self.last_seq += 1;
        }
        frame
    }

    /// The next frame is of this type.
    pub async fn expects(&mut self, kind: &str) -> Value {
        let frame = self.frame().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Sends `auth`; the `auth_ok`.
    pub async fn authenticate(&mut self, credential: &str) -> Value {
        self.send(&json!({"type": "auth", "token": credential}))
            .await;
        self.welcomed().await
    }

    /// The next frame is `auth_ok`.
    pub async fn welcomed(&mut self) -> Value {
        let welcome = self.expects("auth_ok").await;
        self.session = welcome["session"].as_str().expect("a session").into();
        welcome
    }

    /// Sends a `reconnect` for a session of which `last_seq` was the last that came; the answer.
    pub async fn resume(&mut self, session: &str, last_seq: u64) -> Value {
        let frame = json!({"type": "reconnect", "session": session, "last_seq": last_seq});
        self.send(&frame).await;
        let answer = self.expects("reconnected").await;
        if answer["resumed"] == true {
            assert_eq!(answer["session"], session, "{answer}");
            (self.session, self.last_seq) = (session.into(), last_seq);
        } else {
            assert_eq!(answer["session"], self.session, "{answer}");
            assert_eq!(answer["replayed"], 0, "{answer}");
        }
        answer
    }

    /// What is told about the only request, up to its end.
    pub async fn told(&mut self) -> Told {
        let all = self.told_all(1).await;
        all.into_values().next().expect("a request")
    }

    /// What is told about requests, by their ids, until so many have ended.
    pub async fn told_all(&mut self, ends: usize) -> BTreeMap<String, Told> {
        let mut told: BTreeMap<String, Told> = BTreeMap::new();
        let mut left = ends;
        while left > 0 {
            let frame = self.frame().await;
            assert!(frames::is_numbered(&frame), "{frame}");
            left -= usize::from(frames::is_last(&frame));
            let id = frame["id"].as_str().expect("an id").to_string();
            let of_it = told.entry(id).or_default();
            let ended = of_it.frames.last().is_some_and(frames::is_last);
            assert!(!ended, "behind the end: {frame}");
            of_it.frames.push(frame);
        }
        assert!(told.values().all(|told| frames::is_last(told.last())));
        told
    }

    /// Closes with this code, and waits for the answer: its code.
    pub async fn leave(mut self, code: u16) -> Option<u16> {
        let why = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        self.message(Message::Close(Some(why))).await;
        loop {
            match self.incoming(PATIENCE).await.expect("an end within 20 s") {
                Ok(_) => {}
                Err(code) => return code,
            }
        }
    }

    /// Loses the line, without a word.
    pub fn cut(self) {
        let line = self.line.get_ref();
        line.set_zero_linger().expect("a socket");
    }
}
