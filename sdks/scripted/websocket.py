"""The WebSocket of the scripted server (RFC 6455), as far as tests need it.

A case has `sockets`: for each connection in turn a list of steps. `{"expect": frame}` reads a frame that must contain
it, `{"send": frame}` sends one, `{"close": code}` and `{"drop": true}` end the connection, `{"silent": true}` reads
and answers nothing until the client leaves. Where the steps end, pings are answered until the client leaves.
"""

import asyncio
import base64
import hashlib
import json
from typing import Any

from expect import contains

KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Left(Exception):
    """The client closed the connection."""


async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: dict, state: Any) -> None:
    key = hashlib.sha1((request["headers"]["sec-websocket-key"] + KEY).encode()).digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: "
        + base64.b64encode(key)
        + b"\r\n\r\n"
    )
    sockets = state.case["sockets"]
    steps = sockets[state.sockets] if state.sockets < len(sockets) else [{"close": 1011}]
    state.sockets += 1
    try:
        for step in steps:
            await do(reader, writer, step)
        while True:
            frame = await receive(reader, writer)
            if frame.get("type") == "ping":
                await send(writer, {"type": "pong", "timestamp": "2026-02-28T12:00:00Z"})
    except (Left, asyncio.IncompleteReadError, ConnectionError):
        pass


async def do(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, step: dict) -> None:
    if "expect" in step:
        frame = await receive(reader, writer)
        while frame.get("type") == "ping" and step["expect"].get("type") != "ping":
            await send(writer, {"type": "pong", "timestamp": "2026-02-28T12:00:00Z"})
            frame = await receive(reader, writer)
        if not contains(frame, step["expect"]):
            await send(writer, {"type": "error", "error": {"code": "unexpected", "message": f"{frame} came, not {step['expect']}"}})
            await close(writer, 4000)
            raise Left
    elif "send" in step:
        await send(writer, step["send"])
    elif "close" in step:
        await close(writer, step["close"])
        raise Left
    elif "drop" in step:
        writer.transport.abort()
        raise Left
    elif "silent" in step:
        while True:
            await receive(reader, writer)
    elif "pause_ms" in step:
        await asyncio.sleep(step["pause_ms"] / 1000)


async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict:
    """The next message."""
    while True:
        first, second = await reader.readexactly(2)
        size = second & 127
        if size > 125:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
        mask = await reader.readexactly(4)
        data = bytes(byte ^ mask[n % 4] for n, byte in enumerate(await reader.readexactly(size)))
        kind = first & 15
        if kind == 8:
            writer.write(bytes([0x88, len(data)]) + data)
            await writer.drain()
            raise Left
        if kind == 9:
            writer.write(bytes([0x8A, len(data)]) + data)
        if kind == 1:
            frame: dict = json.loads(data)
            return frame


async def send(writer: asyncio.StreamWriter, frame: dict) -> None:
    data = json.dumps(frame).encode()
    size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")
    writer.write(b"\x81" + size + data)
    await writer.drain()


async def close(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(b"\x88\x02" + code.to_bytes(2, "big"))
    await writer.drain()
