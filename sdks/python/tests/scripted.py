"""Starts the scripted server that all client libraries are tested against, and counts what passed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SDKS = Path(__file__).parent.parent.parent
CASES: list[dict[str, Any]] = json.loads((SDKS / "cases.json").read_text())["cases"]


@contextmanager
def server() -> Iterator[str]:
    """Its address."""
    command = [sys.executable, str(SDKS / "scripted" / "server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.terminate()


class Report:
    """What passed and what failed, in TAP."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self._lock = threading.Lock()

    def add(self, name: str, failure: BaseException | None) -> None:
        """One test."""
        with self._lock:
            if failure is None:
                self.passed += 1
                print(f"ok - {name}")
            else:
                self.failed += 1
                lines = "".join(traceback.format_exception(failure)).splitlines()[-12:]
                print(f"not ok - {name}\n" + "".join(f"  {line}\n" for line in lines))

    def end(self) -> int:
        """Prints the sum; the exit status."""
        print(f"# pass {self.passed}\n# fail {self.failed}", flush=True)
        return 1 if self.failed else 0
