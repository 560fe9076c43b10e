# Written by sdks/generate from _async/runs.py: change that.
"""Skills, workflows and their runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from .._core import Call, segment
from .._errors import TimeoutError
from .._lazy import T
from .._options import Options
from .._primitives import sync_sleep
from . import resources
from .stream import run_events

ENDED = ("completed", "failed", "cancelled")


class Run:
    """A run that was started: its fields, and what can be waited for."""

    def __init__(self, data: T.Run, runs: Runs) -> None:
        self.data = data
        self._runs = runs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)

    def wait(self, timeout: float = 600) -> T.Run:
        """Asks until the run has ended, however it did: look at its `status`. `timeout` has seconds."""
        return self._runs.wait(self.data.id, timeout=timeout)

    def events(self) -> Iterator[T.RunEvent]:
        """Its steps as they begin and end."""
        return self._runs.events(self.data.id)


class Skills(resources.Skills):
    """The skills that are installed."""

    def execute(
        self, id: str, command: str, *, options: Options | None = None, **parameters: Any
    ) -> T.SkillResult:
        """Executes a command of a skill. `POST /skills/{id}/execute`"""
        body = {"command": command, "parameters": parameters}
        path = f"/skills/{segment(id)}/execute"
        it: T.SkillResult = self._request("POST", path, T.SkillResult, None, body, options)
        return it


class Runs(resources.Runs):
    """Runs of workflows."""

    def events(
        self, id: str, *, last_event_id: str | None = None, options: Options | None = None
    ) -> Iterator[T.RunEvent]:
        """Steps as they begin and end, until the run ends; a broken connection is taken up where it broke off."""
        given = options or {}

        def call(last: str | None) -> Call:
            headers = {**given.get("headers", {}), **({"last-event-id": last} if last else {})}
            path = f"/runs/{segment(id)}/events"
            return Call("GET", path, accept="text/event-stream", options={**given, "headers": headers})

        retries = given.get("max_retries", self._transport.settings.max_retries)
        return run_events(self._transport, call, last_event_id, retries)

    def wait(self, id: str, *, timeout: float = 600, options: Options | None = None) -> T.Run:
        """Asks until the run has ended, however it did: look at its `status`. `timeout` has seconds."""
        end = time.monotonic() + timeout
        pause = 0.25
        while True:
            run = self.get(id, options=options)
            if run.status in ENDED:
                return run
            if time.monotonic() + pause > end:
                raise TimeoutError(f"The run {id} did not end within {timeout} s")
            sync_sleep(pause)
            pause = min(pause * 1.5, 5)


class Workflows(resources.Workflows):
    """Workflows."""

    def run(self, id: str, *, options: Options | None = None, **parameters: Any) -> Run:
        """Starts a run. `POST /workflows/{id}/runs`"""
        path = f"/workflows/{segment(id)}/runs"
        data = self._request("POST", path, T.Run, None, {"parameters": parameters}, options)
        return Run(data, Runs(self._transport))
