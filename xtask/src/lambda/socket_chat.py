"""A chat on the WebSocket at ADDRESS (ws://HOST:PORT/PATH): `socket_chat.py ADDRESS MODEL`, the key on standard
input. Prints what it was told, a frame a line, to the end of the connection, which it closes behind the answer."""

import json
import socket
import sys
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import CloseConnection, Ping, RejectConnection, Request, TextMessage

PATIENCE = 30  # seconds for each frame


def frames(line, connection):
    """Whole text messages, until the end."""
    text = ""
    while True:
        for event in connection.events():
            if isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    yield json.loads(text)
                    text = ""
            elif isinstance(event, Ping):
                line.sendall(connection.send(event.response()))
            elif isinstance(event, RejectConnection):
                sys.exit(f"refused: {event.status_code}")
            elif isinstance(event, CloseConnection):
                return
        received = line.recv(65536)
        if not received:
            return
        connection.receive_data(received)


def main(address, model, key):
    url = urlsplit(address)
    line = socket.create_connection((url.hostname, url.port), timeout=PATIENCE)
    connection = WSConnection(ConnectionType.CLIENT)

    def send(frame):
        line.sendall(connection.send(TextMessage(data=json.dumps(frame))))

    line.sendall(connection.send(Request(host=url.netloc, target=url.path)))
    incoming = frames(line, connection)
    # The handshake's answer is the first thing that comes.
    connection.receive_data(line.recv(65536))
    send({"type": "auth", "token": key})
    for frame in incoming:
        print(json.dumps(frame), flush=True)
        if frame["type"] == "auth_ok":
            message = {"role": "user", "content": "Hello!"}
            send({"type": "chat", "id": "a", "model": model, "stream": True, "messages": [message]})
        elif frame["type"] in ("chat_complete", "error"):
            break
    line.sendall(connection.send(CloseConnection(code=1000)))


main(sys.argv[1], sys.argv[2], sys.stdin.read().strip())
