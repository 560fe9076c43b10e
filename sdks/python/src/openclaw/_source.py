"""Where the bytes of an upload come from."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import IO

PART = 4 * 1024 * 1024
"""Bytes of a part, and the most that goes by one form: API Gateway lets 6 MB through, encoded."""


class Source:
    """A file that is read part by part, each as often as it takes."""

    def __init__(self, file: os.PathLike[str] | bytes | IO[bytes], filename: str | None) -> None:
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._opened = False
        self._bytes = b""
        if isinstance(file, bytes):
            self._bytes = file
        elif isinstance(file, os.PathLike):
            self._file, self._opened = open(file, "rb"), True
        else:
            self._file = file
        if self._file is not None:
            self.size = self._file.seek(0, os.SEEK_END)
        else:
            self.size = len(self._bytes)
        name = filename or getattr(self._file, "name", None)
        self.name = filename or (Path(name).name if isinstance(name, str) else "file")
        self.parts = -(-self.size // PART)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._opened and self._file is not None:
            self._file.close()

    def read(self, part: int) -> bytes:
        """The bytes of a part, from 0."""
        if self._file is None:
            return self._bytes[part * PART : (part + 1) * PART]
        with self._lock:
            self._file.seek(part * PART)
            return self._file.read(PART)
