"""Files: small ones go by one form, larger ones in parts, so that they pass whatever a platform lets through."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from .._core import Call, form, segment
from .._errors import OpenClawError, TimeoutError
from .._lazy import T
from .._options import Options
from .._primitives import async_gather, async_sleep
from .._source import PART, Source
from . import resources

_AT_ONCE = 4
"""Parts on their way at once."""


class AsyncFile:
    """A file that was uploaded: its fields, and what can be waited for."""

    def __init__(self, data: T.FileObject, files: AsyncFiles) -> None:
        self.data = data
        self._files = files

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)

    async def wait(self, timeout: float = 600) -> T.FileObject:
        """Asks until the file is `processed`; one that failed is an error that says why. `timeout` has seconds."""
        return await self._files.wait(self.data.id, timeout=timeout)


class AsyncFiles(resources.AsyncFiles):
    """Files."""

    async def upload(
        self,
        file: str | os.PathLike[str] | bytes | IO[bytes],
        *,
        purpose: str,
        filename: str | None = None,
        expires_after: Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> AsyncFile:
        """Uploads a file: its path, its bytes, or an open file."""
        with Source(Path(file) if isinstance(file, str) else file, filename) as source:
            if source.size > PART:
                return AsyncFile(await self._in_parts(source, purpose, expires_after, options), self)
            given = {f"expires_after[{name}]": value for name, value in (expires_after or {}).items()}
            body = form({"purpose": purpose, **given}, "file", source.name, source.read(0))
            data = await self._request("POST", "/files", T.FileObject, None, body, options)
            return AsyncFile(data, self)

    async def content(self, id: str, *, options: Options | None = None) -> bytes:
        """The file's bytes. A `range` header takes a part of them."""
        call = Call("GET", f"/files/{segment(id)}/content", accept="*/*", options=options or {})
        return await (await self._transport.exchange(call)).read()

    async def text(self, id: str, *, options: Options | None = None) -> str:
        """What was read out of it."""
        call = Call("GET", f"/files/{segment(id)}/text", accept="*/*", options=options or {})
        return (await (await self._transport.exchange(call)).read()).decode()

    async def wait(self, id: str, *, timeout: float = 600, options: Options | None = None) -> T.FileObject:
        """Asks until the file is `processed`; one that failed is an error that says why. `timeout` has seconds."""
        end = time.monotonic() + timeout
        pause = 0.25
        while True:
            file = await self.get(id, options=options)
            if file.status == "processed":
                return file
            if file.status in ("failed", "error"):
                raise OpenClawError(f"The file {id} was not processed: {file.error or 'no reason given'}")
            if time.monotonic() + pause > end:
                raise TimeoutError(f"The file {id} was not processed within {timeout} s")
            await async_sleep(pause)
            pause = min(pause * 1.5, 5)

    async def _in_parts(
        self, source: Source, purpose: str, expires_after: Mapping[str, Any] | None, options: Options | None
    ) -> T.FileObject:
        def keyed(name: str) -> Options:
            # A key names one request, and these are several.
            given = dict(options or {})
            if "idempotency_key" in given:
                given["idempotency_key"] = f"{given['idempotency_key']}-{name}"
            return cast(Options, given)

        uploads = resources.AsyncUploads(self._transport)
        more = {"expires_after": expires_after} if expires_after else {}
        upload = await uploads.create(
            filename=source.name,
            purpose=purpose,
            bytes=source.size,
            mime_type="application/octet-stream",
            options=keyed("create"),
            **more,
        )

        async def send(n: int) -> str:
            body = form({}, "data", "part", source.read(n))
            path = f"/uploads/{segment(upload.id)}/parts"
            part = await self._transport.request(Call("POST", path, body=body, options=keyed(str(n))), None)
            return str(part.data["id"])

        try:
            ids = await async_gather([lambda n=n: send(n) for n in range(source.parts)], _AT_ONCE)  # type: ignore[misc]
            done = await uploads.complete(upload.id, part_ids=ids, options=keyed("complete"))
        except BaseException:
            # It would expire by itself; until then its bytes count as storage.
            try:
                await uploads.cancel(upload.id, options={"max_retries": 0})
            except OpenClawError:
                pass
            raise
        assert done.file is not None
        return done.file
