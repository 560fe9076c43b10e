//! Sessions whose memory goes while their connections stay: Durable Objects.

use super::{
    connections::{account_of, few_connections, has_room, is_full, open},
    streaming, text_of, words,
};
use crate::own_server::account;
use openclaw_conformance::harness::{Account, Options, Server, Socket, Target, eventually, hello};
use serde_json::json;
use std::time::Duration;
use tokio::sync::OnceCell;

/// workerd takes the memory of an object that did nothing for 10 s, and looks from time to time. Every
/// connection has an alarm 10 s after its start: whether it has authenticated.
const IDLE: Duration = Duration::from_secs(27);

/// The gateway of these cases; `None` where sessions do not hibernate.
async fn gateway() -> Option<&'static Server> {
    static GATEWAY: OnceCell<Server> = OnceCell::const_new();
    if !Target::Workers.is_chosen_or_skips("sessions are objects that hibernate on Workers only") {
        return None;
    }
    let start = async || {
        let options = Options {
            brittle: true,
            ..few_connections()
        };
        let server = Server::start_for_good("hibernation", options).await;
        server.expect("it starts")
    };
    Some(GATEWAY.get_or_init(start).await)
}

/// Takes the memory of `session`, which has to be there still when it is asked for the next time.
async fn hibernate(server: &Server, session: &str) -> usize {
    let starts = server.starts(session);
    assert!(starts > 0, "its start was not seen");
    server.hibernate(session).await;
    starts
}

/// It has started once more since.
async fn woke(server: &Server, session: &str, starts: usize) {
    let woke = eventually(async || (server.starts(session) > starts).then_some(()));
    woke.await
        .expect("it answered from memory: it was never put aside");
    assert_eq!(server.starts(session), starts + 1);
}

/// A stream, from its first frame to its last.
async fn streams(socket: &mut Socket, id: &str) {
    socket.chat(id, &streaming("gpt-4", &words(4, 30))).await;
    let told = socket.told().await;
    assert_eq!(told.last()["id"], id);
    told.streams(&text_of(4));
}

/// A session that was resumed: its home, the way to it, and the connection.
async fn relayed(account: &Account) -> (String, String, Socket) {
    let mut first = account.client.socket().await;
    streams(&mut first, "a").await;
    let (home, last_seq) = (first.session.clone(), first.last_seq);
    first.cut();
    let mut second = account.client.socket().await;
    let relay = second.session.clone();
    assert_eq!(second.resume(&home, last_seq).await["resumed"], true);
    (home, relay, second)
}

#[tokio::test]
async fn a_session_goes_on_where_it_was() {
    let Some(server) = gateway().await else {
        return;
    };
    let account = account(server).await;
    let mut socket = account.client.socket().await;
    let session = socket.session.clone();
    for round in 0..3 {
        // `seq` goes on: the client holds every frame to that.
        streams(&mut socket, "a").await;
        let starts = hibernate(server, &session).await;
        socket.chat("b", &hello("gpt-4")).await;
        assert_eq!(socket.told().await.last()["type"], "chat_complete");
        woke(server, &session, starts).await;
        assert_eq!(starts, round + 1);
    }
    assert_eq!(account.usage(6).await["total_requests"], 6);
}

#[tokio::test]
async fn an_idle_connection_hibernates_by_itself() {
    let Some(server) = gateway().await else {
        return;
    };
    let account = account(server).await;
    let (home, relay, mut relayed) = relayed(&account).await;
    let mut socket = account.client.socket().await;
    streams(&mut socket, "a").await;
    let sessions = [socket.session.clone(), home, relay];
    let starts = sessions.each_ref().map(|session| server.starts(session));
    socket.is_silent_for(IDLE).await;
    for socket in [&mut socket, &mut relayed] {
        socket.send(&json!({"type": "ping"})).await;
        socket.expects("pong").await;
        streams(socket, "b").await;
    }
    for (session, starts) in sessions.iter().zip(starts) {
        woke(server, session, starts).await;
    }
}

#[tokio::test]
async fn what_was_missed_is_kept() {
    let Some(server) = gateway().await else {
        return;
    };
    let account = account(server).await;
    let mut first = account.client.socket().await;
    first.chat("a", &streaming("gpt-4", &words(5, 30))).await;
    let all = first.told().await;
    let session = first.session.clone();
    let starts = hibernate(server, &session).await;
    // The line is lost while it is put aside.
    first.cut();
    let mut second = account.client.socket().await;
    let answer = second.resume(&session, 0).await;
    assert_eq!(answer["replayed"], all.frames.len(), "{answer}");
    assert_eq!(second.told().await.frames, all.frames);
    woke(server, &session, starts).await;
    streams(&mut second, "b").await;
}

#[tokio::test]
async fn a_resumed_session_goes_on_whichever_end_is_put_aside() {
    let Some(server) = gateway().await else {
        return;
    };
    let account = account(server).await;
    let (home, relay, mut socket) = relayed(&account).await;
    for (id, aside) in [
        ("b", vec![&home]),
        ("c", vec![&relay]),
        ("d", vec![&home, &relay]),
    ] {
        let mut starts = Vec::new();
        for session in &aside {
            starts.push(hibernate(server, session).await);
        }
        streams(&mut socket, id).await;
        for (session, starts) in aside.iter().zip(starts) {
            woke(server, session, starts).await;
        }
    }
    // And once more, over a third connection.
    for session in [&home, &relay] {
        hibernate(server, session).await;
    }
    let mut third = account.client.socket().await;
    let answer = third.resume(&home, socket.last_seq - 1).await;
    assert_eq!(answer["replayed"], 1, "{answer}");
    socket.is_closed_with(4409).await;
    third.told().await.completes(&text_of(4));
    streams(&mut third, "e").await;
    assert_eq!(account.usage(5).await["total_requests"], 5);
}

#[tokio::test]
async fn a_place_is_held_and_given_back() {
    let Some(server) = gateway().await else {
        return;
    };
    let account = account_of(server, "free").await;
    let mut sockets = open(&account, 3).await;
    for socket in &sockets {
        hibernate(server, &socket.session).await;
    }
    is_full(&account).await;
    let last = sockets.pop().expect("three");
    assert_eq!(last.leave(1000).await, Some(1000));
    let room = has_room(&account).await;
    is_full(&account).await;
    // A line that is lost.
    sockets.pop().expect("two").cut();
    has_room(&account).await;
    streams(&mut sockets[0], "a").await;
    drop(room);
}

#[tokio::test]
async fn a_session_that_panics_costs_its_own_connection_and_can_be_resumed() {
    let Some(server) = gateway().await else {
        return;
    };
    let account = account(server).await;
    let mut other = account.client.socket().await;
    other.chat("o", &streaming("gpt-4", &words(20, 100))).await;
    let mut socket = account.client.socket().await;
    let session = socket.session.clone();
    streams(&mut socket, "a").await;
    socket
        .chat("b", &streaming("gpt-4", &words(1000, 50)))
        .await;
    socket.expects("chat_chunk").await;
    server.breaks(&session).await;
    socket.chat("c", &hello("gpt-4")).await;
    while socket.next().await.is_some() {}

    let last_seq = socket.last_seq;
    let mut next = account.client.socket().await;
    let known = next.session.clone();
    let answer = next.resume(&session, 0).await;
    assert_eq!(answer["resumed"], true, "{known}: {answer}");
    // What ended before is told again; what ran was cut off; what broke it was never begun.
    let told = next.told_all(2).await;
    told["a"].streams(&text_of(4));
    told["b"].fails("internal_error");
    assert!(next.last_seq <= last_seq + 1, "{last_seq}");
    streams(&mut next, "c").await;
    other.told().await.streams(&text_of(20));
    assert_eq!(account.usage(4).await["interrupted"], 1);
}
