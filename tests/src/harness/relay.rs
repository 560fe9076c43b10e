//! A line to the gateway that breaks where it is told to.

use super::dial::place;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// Where the line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// After so many text frames of the server.
    After(usize),
    /// In the middle of the text frame after so many of them.
    Within(usize),
    /// After so many text frames that follow the first pong, which shows that what was sent before
    /// the ping has arrived.
    AfterPong(usize),
}

/// How both sides learn of it. Neither is told by a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// RST.
    Reset,
    /// FIN.
    Finish,
}

/// A relay for one connection.
#[derive(Debug)]
pub struct Relay {
    /// What a client connects to in the gateway's place.
    pub address: SocketAddr,
}

impl Relay {
    /// Starts one in front of the gateway at `base_url`. The line is reset at every other place,
    /// else ended.
    pub async fn start(base_url: &str, cut: Cut) -> Self {
        let (gateway, _) = place(base_url);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let way = match cut {
            Cut::After(frames) | Cut::Within(frames) | Cut::AfterPong(frames) => {
                if frames % 2 == 0 {
                    Way::Reset
                } else {
                    Way::Finish
                }
            }
        };
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.expect("accepts");
            let gateway = TcpStream::connect(gateway).await.expect("the gateway");
            for line in [&client, &gateway] {
                line.set_nodelay(true).expect("a socket");
            }
            pass(client, gateway, cut, way).await;
        });
        Self { address }
    }
}

async fn pass(client: TcpStream, gateway: TcpStream, cut: Cut, way: Way) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_gateway, mut to_gateway) = gateway.into_split();
    tokio::select! {
        // It fails where the other side has left, which is the end as well.
        _ = tokio::io::copy(&mut from_client, &mut to_gateway) => {}
        _ = until(cut, &mut from_gateway, &mut to_client) => {
            if way == Way::Reset {
                for line in [to_client.as_ref(), to_gateway.as_ref()] {
                    line.set_zero_linger().expect("a socket");
                }
            }
        }
    }
}

/// Passes the answer's head and the server's frames on, up to the cut.
async fn until(cut: Cut, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> std::io::Result<()> {
    head(from, to).await?;
    let (mut texts, mut since_pong) = (0, None);
    loop {
        if cut == Cut::After(texts) || since_pong.map(Cut::AfterPong) == Some(cut) {
            return Ok(());
        }
        let frame = frame(from).await?;
        // A text message (RFC 6455, 5.2), or the first of its pieces.
        let is_text = frame[0] & 0x0f == 1;
        if is_text && cut == Cut::Within(texts) {
            return to.write_all(&frame[..frame.len() / 2]).await;
        }
        texts += usize::from(is_text);
        let is_pong = frame.ends_with(br#"{"type":"pong"}"#);
        since_pong = match since_pong {
            Some(frames) => Some(frames + usize::from(is_text)),
            None => is_pong.then_some(0),
        };
        to.write_all(&frame).await?;
    }
}

async fn head(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    to.write_all(&head).await
}

/// A frame of a server, which masks none (RFC 6455, 5.1).
async fn frame(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![from.read_u8().await?, from.read_u8().await?];
    let length = match frame[1] & 0x7f {
        126 => {
            let length = from.read_u16().await?;
            frame.extend(length.to_be_bytes());
            u64::from(length)
        }
        127 => {
            let length = from.read_u64().await?;
            frame.extend(length.to_be_bytes());
            length
        }
        length => u64::from(length),
    };
    let (start, length) = (frame.len(), usize::try_from(length).expect("it fits"));
    frame.resize(start + length, 0);
    from.read_exact(&mut frame[start..]).await?;
    Ok(frame)
}
