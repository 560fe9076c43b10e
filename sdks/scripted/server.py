"""The server that all client libraries are tested against: it answers as `cases.json` says, and remembers.

`python3 server.py` prints its address. A case's base URL is `ADDRESS/LIBRARY/CASE/VARIANT/v1`; whoever has run it asks
`ADDRESS/LIBRARY/CASE/VARIANT/faults`, a list of what was wrong with the calls, which is empty where they were right.
A variant is `-`, `cut-N` (an event stream ends after N bytes) or `split-N` (it pauses after N bytes).
"""

import asyncio
import base64
import json
import socket
import sys
from pathlib import Path

import expect
import websocket

USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8, "cost": 0.00042}


def expand(reply: dict) -> dict:
    """A reply with its abbreviations written out: `answer` is a completion, `chunks` a stream of one, `error` a code."""
    if "answer" in reply:
        message = {"role": "assistant", "content": reply["answer"]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        reply["json"] = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4"}
        reply["json"] |= {"choices": [choice], "usage": USAGE}
    if "chunks" in reply:
        pieces: list[str | dict] = []
        for text in reply["chunks"]:
            pieces.append(text if isinstance(text, dict) else chunk({"delta": {"content": text}, "finish_reason": None}))
        pieces += [chunk({"delta": {}, "finish_reason": "stop"}), chunk(None), "data: [DONE]\n\n"]
        reply["pieces"] = pieces
    if "error" in reply:
        reply["json"] = {"error": {"code": reply["error"], "message": "It failed", "type": "error", "param": None}}
    return reply


def chunk(choice: dict | None) -> str:
    about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4"}
    rest = {"choices": [{"index": 0, **choice}]} if choice else {"choices": [], "usage": USAGE}
    return f"data: {json.dumps({**about, **rest}, ensure_ascii=False)}\n\n"


CASES = {case["id"]: case for case in json.loads((Path(__file__).parent.parent / "cases.json").read_text())["cases"]}
for one in CASES.values():
    for reply in one.get("replies", []):
        expand(reply)


class State:
    """One case that one library runs."""

    def __init__(self, case: dict, variant: str):
        self.case = case
        self.variant = variant
        self.calls: list[dict] = []
        self.left = 0
        """Clients that closed a connection before their answer was complete."""
        self.sockets = 0

    def reply(self) -> dict:
        replies = self.case.get("replies", [])
        n = len(self.calls) - 1
        if n < len(replies):
            return replies[n]
        if replies and replies[-1].get("repeat"):
            return replies[-1]
        return {"status": 418, "json": {"error": {"code": "unexpected", "message": "The case has no more replies"}}}


STATES: dict[tuple[str, str, str], State] = {}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while request := await read_request(reader):
            library, case, variant, rest = (request["path"].strip("/").split("/", 3) + ["", ""])[:4]
            if case not in CASES:
                await send(writer, 404, {}, b"no such case")
                continue
            state = STATES.setdefault((library, case, variant), State(CASES[case], variant))
            if rest == "faults":
                # A connection that the client closed is noticed a moment later.
                for _ in range(100 if state.case.get("leaves") else 0):
                    if state.left:
                        break
                    await asyncio.sleep(0.05)
                await send(writer, 200, {}, json.dumps(expect.faults(state)).encode())
            elif rest == "length":
                await send(writer, 200, {}, str(len(stream_bytes(CASES[case]["replies"][0]))).encode())
            elif request["headers"].get("upgrade", "").lower() == "websocket":
                await websocket.play(reader, writer, request, state)
                return
            else:
                request["path"] = "/" + rest.removeprefix("v1").lstrip("/")
                state.calls.append(request)
                if not await answer(reader, writer, state):
                    return
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def read_request(reader: asyncio.StreamReader) -> dict | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = b""
    if headers.get("transfer-encoding", "") == "chunked":
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    elif length := int(headers.get("content-length", 0)):
        body = await reader.readexactly(length)
    return {"method": method, "path": path, "query": query, "headers": headers, "body": body}


async def send(writer: asyncio.StreamWriter, status: int, headers: dict, body: bytes) -> None:
    lines = {"content-type": "application/json", **headers, "content-length": len(body)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + body)
    await writer.drain()


def stream_bytes(reply: dict) -> bytes:
    return b"".join(piece_bytes(piece) for piece in reply["pieces"])


def piece_bytes(piece: str | dict) -> bytes:
    if isinstance(piece, dict):
        if "base64" in piece:
            return base64.b64decode(piece["base64"])
        if "repeat" in piece:
            return piece["repeat"].encode() * piece["times"]
        return b""  # A pause.
    return piece.encode()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: State) -> bool:
    """Sends the reply; whether the connection is still good."""
    reply = state.reply()
    if reply.get("hang_up") or reply.get("reset"):
        if reply.get("reset"):
            reset(writer)
        return False
    if delay := reply.get("delay_ms"):
        if await left_within(reader, delay):
            state.left += 1
            return False
    if "pieces" not in reply:
        body = json.dumps(reply["json"]).encode() if "json" in reply else reply.get("text", "").encode()
        await send(writer, reply.get("status", 200), reply.get("headers", {}), body)
        return True
    return await stream(reader, writer, reply, state)


async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: dict, state: State) -> bool:
    headers = {"content-type": "text/event-stream", "x-request-id": "req_stream", **reply.get("headers", {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.get('status', 200)} Scripted\r\n{head}transfer-encoding: chunked\r\n\r\n".encode())
    await writer.drain()
    pieces = reply["pieces"]
    kind, _, number = state.variant.partition("-")
    if kind in ("cut", "split"):
        whole, at = stream_bytes(reply), int(number)
        pieces = [whole[:at]] + ([whole[at:]] if kind == "split" else [])
    for piece in pieces:
        data = piece if isinstance(piece, bytes) else piece_bytes(piece)
        if data:
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            await writer.drain()
        pause = 1 if kind == "split" else piece.get("pause_ms", 0) if isinstance(piece, dict) else 0
        if pause and await left_within(reader, pause):
            state.left += 1
            return False
    end = reply.get("end", "clean")
    if end == "reset":
        reset(writer)
        return False
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def left_within(reader: asyncio.StreamReader, milliseconds: int) -> bool:
    """Whether the client closes the connection within that time."""
    try:
        # It sends nothing before the answer is there, so whatever can be read is the end.
        return not await asyncio.wait_for(reader.read(1), milliseconds / 1000)
    except (asyncio.TimeoutError, ConnectionError) as error:
        return isinstance(error, ConnectionError)


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection by RST, as a process that dies does."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**24)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    # Whoever started it closes its standard input at the end, or dies.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
