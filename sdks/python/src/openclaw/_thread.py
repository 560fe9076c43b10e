"""The WebSocket for code that blocks: the awaited one, on a thread with an event loop of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ._websocket import AsyncSocket, AsyncSocketCall, Frame

T = TypeVar("T")


class LoopThread:
    """An event loop on a thread that does not keep the process alive."""

    def __init__(self) -> None:
        import asyncio
        import threading

        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="openclaw-websocket", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Waits for `work`, which is done there."""
        import asyncio

        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, work: Callable[[], T]) -> T:
        """Does `work` there."""

        async def done() -> T:
            return work()

        return self.run(done())

    def stop(self) -> None:
        """Ends the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)


class SocketCall:
    """One request: a loop gives its frames as they come, `result()` the last one."""

    def __init__(self, call: AsyncSocketCall, thread: LoopThread) -> None:
        self._call = call
        self._thread = thread

    def result(self) -> Frame:
        """Waits for the last frame."""
        return self._thread.run(self._call._wait())

    def cancel(self) -> None:
        """Ends it; the server stops working on it."""
        self._thread.call(self._call.cancel)

    def __iter__(self) -> Iterator[Frame]:
        frames = self._call.__aiter__()

        async def following() -> Frame | None:
            return await anext(frames, None)

        async def leave() -> None:
            await frames.aclose()  # type: ignore[attr-defined]

        try:
            while True:
                frame = self._thread.run(following())
                if frame is None:
                    return
                yield frame
        finally:
            self._thread.run(leave())


class Socket:
    """A connection, and what comes after it where it breaks."""

    def __init__(self, socket: AsyncSocket, thread: LoopThread) -> None:
        self._socket = socket
        self._thread = thread
        try:
            thread.run(socket.connect())
        except BaseException:
            thread.stop()
            raise

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection, the session and what runs on it."""
        self._thread.run(self._socket.aclose())
        self._thread.stop()

    def chat(self, **body: Any) -> SocketCall:
        """A chat: its chunks in a loop with `stream=True`, its last frame by `result()`."""
        return self._start(lambda: self._socket.chat(**body))

    def skill(self, skill: str, command: str, **parameters: Any) -> SocketCall:
        """Executes a skill; the last frame has its `result`."""
        return self._start(lambda: self._socket.skill(skill, command, **parameters))

    def workflow(self, workflow: str, **parameters: Any) -> SocketCall:
        """Starts a workflow: `workflow_progress` frames as its steps begin and end, then its `result`."""
        return self._start(lambda: self._socket.workflow(workflow, **parameters))

    def _start(self, work: Callable[[], AsyncSocketCall]) -> SocketCall:
        return SocketCall(self._thread.call(work), self._thread)
