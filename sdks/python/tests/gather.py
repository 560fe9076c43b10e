"""Runs tests at once, on an event loop or on threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


async def async_all(work: Sequence[Callable[[], Awaitable[Any]]], at_once: int) -> None:
    places = asyncio.Semaphore(at_once)

    async def one(each: Callable[[], Awaitable[Any]]) -> None:
        async with places:
            await each()

    await asyncio.gather(*map(one, work))


def sync_all(work: Sequence[Callable[[], Any]], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda each: each(), work))


async def async_delay(seconds: float) -> None:
    await asyncio.sleep(seconds)


def sync_delay(seconds: float) -> None:
    time.sleep(seconds)
