"""The WebSocket: many requests at once on one connection, which comes back by itself and goes on where it broke off."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any

from ._core import Settings
from ._errors import (
    APIError,
    ConnectionError,
    OpenClawError,
    StreamInterruptedError,
    TimeoutError,
    error_of,
)
from ._object import encode
from ._primitives import async_value
from ._thread import LoopThread, Socket, SocketCall

if TYPE_CHECKING:
    import asyncio

_ENDS = ("chat_complete", "skill_result", "workflow_complete", "error")
_MAX_WAITING = 16 * 1024 * 1024
"""Characters that wait in a call whose caller does not read; then it fails."""
_MAX_UNSENT = 1000
"""Frames that wait for a connection."""
_CONNECT = 10
"""Seconds that a connection may take to be there."""
_STATUS = {
    "unauthorized": 401,
    "budget_exceeded": 402,
    "forbidden": 403,
    "account_suspended": 403,
    "not_found": 404,
    "conflict": 409,
    "idempotency_conflict": 409,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
    "skill_failed": 502,
    "skill_timeout": 504,
}


class Frame:
    """A frame of the server; its `type` says which fields it has. A field that it has not is `None`."""

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return self._raw.get(name)

    def __repr__(self) -> str:
        return f"Frame({self._raw!r})"

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return self._raw


class AsyncSocketCall:
    """One request: a loop gives its frames as they come, `await` the last one."""

    def __init__(self, id: str, text: str, socket: AsyncSocket) -> None:
        import asyncio

        self.id = id
        self._text = text
        self._socket = socket
        self._frames: deque[Frame] = deque()
        self._waiting = 0
        self._news = asyncio.Event()
        self._partial: list[str] = []
        self._last: Frame | None = None
        self._failure: OpenClawError | None = None
        self._heard = False

    def cancel(self) -> None:
        """Ends it; the server stops working on it."""
        self._socket._leave(self)

    def __await__(self) -> Generator[Any, None, Frame]:
        return self._wait().__await__()

    async def _wait(self) -> Frame:
        while self._last is None:
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            await self._news.wait()
        return self._last

    async def __aiter__(self) -> AsyncIterator[Frame]:
        try:
            while True:
                if self._frames:
                    frame = self._frames.popleft()
                    self._waiting -= len(frame.content or "")
                    yield frame
                elif self._failure is not None:
                    raise self._failure
                elif self._last is not None:
                    return
                else:
                    self._news.clear()
                    await self._news.wait()
        finally:
            if not self._ended:
                self.cancel()

    @property
    def _ended(self) -> bool:
        return self._last is not None or self._failure is not None

    def _take(self, frame: Frame) -> None:
        self._heard = True
        if frame.type == "error":
            return self._fail(_error(frame.error))
        size = len(frame.content or "")
        if frame.type == "chat_chunk":
            self._partial.append(frame.content or "")
        self._waiting += size
        if self._waiting > _MAX_WAITING:
            self.cancel()
            return self._fail(OpenClawError("The frames of a call were not read: more than 16 MiB wait"))
        self._frames.append(frame)
        if frame.type in _ENDS:
            self._last = frame
        self._news.set()
        return None

    def _fail(self, error: OpenClawError) -> None:
        if not self._ended:
            self._failure = error
            self._news.set()

    def _interrupt(self, why: str, cause: BaseException | None = None) -> None:
        error = StreamInterruptedError(why, "".join(self._partial))
        error.__cause__ = cause
        self._fail(error)


class AsyncSocket:
    """A connection, and what comes after it where it breaks."""

    def __init__(self, settings: Settings, ping_interval: float, pong_timeout: float, reconnect_for: float) -> None:
        self._settings = settings
        self._ping_interval = ping_interval
        self._pong_timeout = pong_timeout
        self._reconnect_for = reconnect_for
        self._web_socket: Any = None
        self._session: str | None = None
        self._seq = 0
        self._replay = 0
        self._calls: dict[str, AsyncSocketCall] = {}
        self._unsent: deque[tuple[str | None, str]] = deque()
        self._open = False
        """Whether frames may go out: after `auth`, and after `reconnect` where there was a session."""
        self._planned = False
        self._closed = False
        self._count = 0
        self._task: asyncio.Task[None] | None = None
        self._writable: asyncio.Event | None = None
        self._ponged: asyncio.Event | None = None

    def chat(self, **body: Any) -> AsyncSocketCall:
        """A chat: its chunks in a loop with `stream=True`, its last frame by `await`."""
        return self._start({**body, "type": "chat"})

    def skill(self, skill: str, command: str, **parameters: Any) -> AsyncSocketCall:
        """Executes a skill; the last frame has its `result`."""
        return self._start({"type": "skill_execute", "skill": skill, "command": command, "parameters": parameters})

    def workflow(self, workflow: str, **parameters: Any) -> AsyncSocketCall:
        """Starts a workflow: `workflow_progress` frames as its steps begin and end, then its `result`."""
        return self._start({"type": "workflow_start", "workflow": workflow, "parameters": parameters})

    async def aclose(self) -> None:
        """Ends the connection, the session and what runs on it."""
        if self._closed:
            return
        self._closed = True
        for call in self._calls.values():
            call._fail(ConnectionError("The WebSocket was closed"))
        self._calls.clear()
        if self._web_socket is not None:
            await self._web_socket.close(1000)
        if self._task is not None:
            self._task.cancel()

    def _start(self, body: dict[str, Any]) -> AsyncSocketCall:
        if self._closed:
            raise ConnectionError("The WebSocket is closed")
        self._count += 1
        id = f"msg_{self._count}"
        text = json.dumps({**body, "id": id}, default=encode)
        call = AsyncSocketCall(id, text, self)
        self._send(text, id)
        self._calls[id] = call
        return call

    def _send(self, text: str, id: str | None = None) -> None:
        if len(self._unsent) >= _MAX_UNSENT:
            raise ConnectionError("Too much waits for the WebSocket to connect")
        self._unsent.append((id, text))
        if self._writable is not None:
            self._writable.set()

    def _leave(self, call: AsyncSocketCall) -> None:
        if self._calls.pop(call.id, None) is None:
            return
        self._send(json.dumps({"type": "cancel", "id": call.id}))
        call._fail(OpenClawError("The call was cancelled"))

    async def connect(self) -> None:
        """Waits until the connection is there."""
        import asyncio

        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep(ready))
        try:
            await ready
        except BaseException:
            self._closed = True
            self._task.cancel()
            raise

    async def _keep(self, ready: asyncio.Future[None]) -> None:
        """Connections, one after the other."""
        import asyncio

        end, tried = 0.0, 0
        while not self._closed:
            settled = False

            def settle() -> None:
                nonlocal settled
                settled = True
                if not ready.done():
                    ready.set_result(None)

            try:
                await self._connection(settle)
                why: OpenClawError = ConnectionError("The WebSocket closed")
            except OpenClawError as error:
                why = error
            self._open = self._planned = False
            if self._closed:
                return
            if not ready.done():
                ready.set_exception(why)
                return
            if settled:
                end, tried = time.monotonic() + self._reconnect_for, 0
            refused = isinstance(why, APIError) and why.status in (401, 403)
            if refused or time.monotonic() > end:
                for call in self._calls.values():
                    call._interrupt("The WebSocket could not be connected again", why)
                self._calls.clear()
                self._closed = True
                return
            await asyncio.sleep(max(0.25, random.random() * min(10, 0.5 * 2**tried)))
            tried += 1

    async def _connection(self, settle: Any) -> None:
        """One connection, from its beginning to its end."""
        import asyncio

        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        # A token may have ended meanwhile: the provider gives the one that is good now.
        token = await async_value(self._settings.api_key)
        self._writable, self._ponged = asyncio.Event(), asyncio.Event()
        tasks: list[asyncio.Task[None]] = []
        before = self._session
        web_socket: Any = None
        try:
            web_socket = await connect(
                self._settings.web_socket_url,
                ping_interval=None,
                open_timeout=_CONNECT,
                close_timeout=1,
                max_size=2**24,
            )
            self._web_socket = web_socket
            # Frames are handled in the order sent: nobody has to wait for an answer in between.
            await web_socket.send(json.dumps({"type": "auth", "token": token}))
            if before is not None:
                resume = {"type": "reconnect", "session": before, "last_seq": self._seq}
                await web_socket.send(json.dumps(resume))
            else:
                self._open = True
            tasks = [asyncio.create_task(self._write(web_socket)), asyncio.create_task(self._ping(web_socket))]
            await asyncio.wait_for(self._greeting(web_socket, before), _CONNECT)
            settle()
            async for text in web_socket:
                self._take(Frame(json.loads(text)))
        except asyncio.TimeoutError:
            raise TimeoutError(f"The WebSocket did not connect within {_CONNECT} s") from None
        except (OSError, WebSocketException) as failure:
            raise ConnectionError(f"The WebSocket failed: {failure or type(failure).__name__}") from failure
        finally:
            for task in tasks:
                task.cancel()
            if web_socket is not None and not self._closed:
                web_socket.transport.abort()

    async def _greeting(self, web_socket: Any, before: str | None) -> None:
        """Until the session is there, or the one of before again."""
        while True:
            frame = Frame(json.loads(await web_socket.recv()))
            if frame.type == "error" and frame.id is None:
                raise _error(frame.error)
            if frame.type == "auth_ok" and before is None:
                self._session = frame.session
                return
            if frame.type == "reconnected":
                self._resumed(frame)
                return

    def _resumed(self, frame: Frame) -> None:
        self._session = frame.session
        if not frame.resumed:
            self._seq = 0
            # What was sent is lost; what waited is sent now.
            for call in self._sent():
                del self._calls[call.id]
                call._interrupt("The session of the WebSocket is gone")
        elif frame.replayed:
            self._replay = frame.replayed
        else:
            self._resend()
        self._open = True
        assert self._writable is not None
        self._writable.set()

    def _sent(self) -> list[AsyncSocketCall]:
        waiting = {id for id, _ in self._unsent}
        return [call for call in self._calls.values() if call.id not in waiting]

    def _resend(self) -> None:
        """A request may have been lost with the connection. The server ignores the id of one that runs."""
        for call in reversed(self._sent()):
            if not call._heard:
                self._unsent.appendleft((call.id, call._text))

    def _take(self, frame: Frame) -> None:
        assert self._ponged is not None
        if frame.type == "pong":
            self._ponged.set()
        elif frame.type == "reconnect":
            # The server is going to end: it finishes what runs, and takes nothing new.
            self._planned, self._open = True, False
        if frame.seq is not None:
            if frame.seq <= self._seq:
                return  # It came before the connection broke.
            self._seq = frame.seq
            call = self._calls.get(frame.id)
            if call is not None:
                call._take(frame)
            if frame.type in _ENDS:
                self._calls.pop(frame.id, None)
            if self._replay:
                self._replay -= 1
                if not self._replay:
                    self._resend()
        if self._planned and not self._sent():
            self._web_socket.transport.abort()

    async def _write(self, web_socket: Any) -> None:
        assert self._writable is not None
        while True:
            while self._open and self._unsent:
                _, text = self._unsent.popleft()
                await web_socket.send(text)
            self._writable.clear()
            await self._writable.wait()

    async def _ping(self, web_socket: Any) -> None:
        """Notices that nothing comes back, or that the machine slept."""
        import asyncio

        assert self._ponged is not None
        while True:
            began = time.monotonic()
            await asyncio.sleep(self._ping_interval)
            if time.monotonic() - began > self._ping_interval + self._pong_timeout:
                break
            self._ponged.clear()
            await web_socket.send('{"type":"ping"}')
            try:
                await asyncio.wait_for(self._ponged.wait(), self._pong_timeout)
            except asyncio.TimeoutError:
                break
        web_socket.transport.abort()


def _error(error: dict[str, Any]) -> APIError:
    """A frame has only the code; its status is the one that REST would have given."""
    code = str(error.get("code"))
    status = _STATUS.get(code, 502 if code.startswith("provider_") else 400)
    return error_of(status, {}, error)


class AsyncConnecting:
    """A connection that is being made: `await` it, or use it in `async with`."""

    def __init__(self, socket: AsyncSocket) -> None:
        self._socket = socket

    def __await__(self) -> Generator[Any, None, AsyncSocket]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> AsyncSocket:
        await self._socket.connect()
        return self._socket

    async def __aexit__(self, *_: object) -> None:
        await self._socket.aclose()


class AsyncWebSockets:
    """`ws.connect`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def connect(
        self, *, ping_interval: float = 20, pong_timeout: float = 10, reconnect_for: float = 120
    ) -> AsyncConnecting:
        """A connection that comes back by itself, tried for `reconnect_for` seconds."""
        return AsyncConnecting(AsyncSocket(self._settings, ping_interval, pong_timeout, reconnect_for))


class WebSockets:
    """`ws.connect`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def connect(self, *, ping_interval: float = 20, pong_timeout: float = 10, reconnect_for: float = 120) -> Socket:
        """A connection that comes back by itself, tried for `reconnect_for` seconds; a thread of its own keeps it."""
        socket = AsyncSocket(self._settings, ping_interval, pong_timeout, reconnect_for)
        return Socket(socket, LoopThread())


__all__ = ["AsyncSocket", "AsyncSocketCall", "AsyncWebSockets", "Frame", "Socket", "SocketCall", "WebSockets"]
