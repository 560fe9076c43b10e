"""What waiting is in each of the two clients. `_sync` is written from `_async` by putting the one for the other."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


async def async_sleep(seconds: float) -> None:
    """Waits."""
    import asyncio

    await asyncio.sleep(seconds)


def sync_sleep(seconds: float) -> None:
    """Waits."""
    import time

    time.sleep(seconds)


def async_place() -> tuple[int, object]:
    """Where connections may be used: in this process, on this event loop."""
    import asyncio

    return os.getpid(), asyncio.get_running_loop()


def sync_place() -> tuple[int, object]:
    """Where connections may be used: in this process."""
    return os.getpid(), None


def async_http() -> httpx2.AsyncClient:
    """What makes requests."""
    import httpx2

    return httpx2.AsyncClient(timeout=None, limits=_limits(), verify=_trust())


def sync_http() -> httpx2.Client:
    """What makes requests."""
    import httpx2

    return httpx2.Client(timeout=None, limits=_limits(), verify=_trust())


@lru_cache(maxsize=1)
def _trust() -> Any:
    """Whom TLS trusts; to read it takes longer than a request."""
    import httpx2

    return httpx2.create_ssl_context()


def _limits() -> Any:
    import httpx2

    return httpx2.Limits(max_connections=1000, max_keepalive_connections=100)


async def async_value(given: Any) -> str:
    """A credential: a text, or what a function gives, waited for where it must be."""
    import inspect

    value = given() if callable(given) else given
    return str(await value if inspect.isawaitable(value) else value)


def sync_value(given: Any) -> str:
    """A credential: a text, or what a function gives."""
    return str(given() if callable(given) else given)


async def async_gather(work: Sequence[Callable[[], Awaitable[T]]], at_once: int) -> list[T]:
    """Does all of it, in any order; after a failure nothing more begins, and what has begun ends first."""
    import asyncio

    waiting = list(enumerate(work))[::-1]
    results: dict[int, T] = {}

    async def worker() -> None:
        while waiting:
            n, one = waiting.pop()
            try:
                results[n] = await one()
            except BaseException:
                waiting.clear()
                raise

    ended = await asyncio.gather(*(worker() for _ in range(min(at_once, len(work)))), return_exceptions=True)
    for failure in ended:
        if failure is not None:
            raise failure
    return [results[n] for n in range(len(work))]


def sync_gather(work: Sequence[Callable[[], T]], at_once: int) -> list[T]:
    """The same on threads."""
    from concurrent.futures import ThreadPoolExecutor

    waiting = list(enumerate(work))[::-1]
    results: dict[int, T] = {}

    def worker() -> None:
        while waiting:
            try:
                n, one = waiting.pop()
            except IndexError:
                return
            try:
                results[n] = one()
            except BaseException:
                waiting.clear()
                raise

    with ThreadPoolExecutor(at_once) as pool:
        workers = [pool.submit(worker) for _ in range(min(at_once, len(work)))]
    for each in workers:
        each.result()
    return [results[n] for n in range(len(work))]
