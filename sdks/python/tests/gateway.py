"""What only a real gateway shows; the conformance suite runs it on every runtime."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from typing import Any

import openclaw


def say(**script: Any) -> dict[str, Any]:
    content = json.dumps({"upstream": script}) if script else "Hello"
    return {"model": "gpt-4", "messages": [{"role": "user", "content": content}]}


def fails(kind: type[openclaw.OpenClawError], work: Any) -> Any:
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def blocking() -> None:
    client = openclaw.Client()
    wrong = openclaw.Client("oc_test_wrong")
    error = fails(openclaw.AuthenticationError, lambda: wrong.models.list().page())
    assert error.status == 401 and error.code == "unauthorized" and str(error).endswith(f"(request {error.request_id})")
    fails(openclaw.NotFoundError, lambda: client.models.get("no/such:model"))
    error = fails(openclaw.InvalidRequestError, lambda: client.chat.completions.create(model="gpt-4", messages=[]))
    assert error.details["field"] == "messages"

    raw = client.chat.completions.with_raw_response.create(**say())
    assert raw.data.usage.cost > 0 and raw.response.attempts == 1
    assert raw.response.rate_limit.remaining < raw.response.rate_limit.limit

    limited = openclaw.Client(os.environ["OPENCLAW_LIMITED_KEY"], max_retries=0)
    limited.models.list().page()
    error = fails(openclaw.RateLimitError, lambda: limited.models.list().page())
    assert 0 < error.retry_after <= 60

    stream = client.chat.completions.stream(**say(chunks=8))
    assert len(stream.text().split()) == 8
    assert stream.usage is not None and stream.usage.cost
    cut = client.chat.completions.stream(**say(chunks=8, cut_after=3))
    error = fails(openclaw.StreamInterruptedError, cut.text)
    assert error.partial and error.request_id.startswith("req_")

    data = bytes(n * 7 % 256 for n in range(9_000_000))
    file = client.files.upload(data, filename="big.bin", purpose="analysis")
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert client.files.content(file.id) == data
    client.files.upload(b"small", filename="a.txt", purpose="analysis")
    assert len([file.id for file in client.files.list(limit=1)]) == 2
    assert client.files.delete(file.id).deleted

    token = client.auth.token(expires_in=60).token
    assert openclaw.Client(lambda: token).account.get().id.startswith("acct_")
    with client.ws.connect() as ws:
        assert ws.chat(**say()).result().content


async def awaited() -> None:
    async with openclaw.AsyncClient() as client:
        async for chunk in client.chat.completions.stream(**say(chunks=50, chunk_delay_ms=50)):
            if chunk.text:
                break  # Abandoned.
        try:
            await asyncio.wait_for(client.chat.completions.create(**say(head_delay_ms=900)), 0.2)
            raise AssertionError("it was not cancelled")
        except asyncio.TimeoutError:
            pass
        # Its connection breaks in the middle, and nothing of the answer is missing.
        async with client.ws.connect() as ws:
            text, broken, last = "", False, None
            async for frame in ws.chat(**say(chunks=12, chunk_delay_ms=100), stream=True):
                if frame.type == "chat_chunk":
                    text += frame.content
                    if not broken:
                        broken = True
                        ws._web_socket.transport.abort()
                last = frame
            assert broken and last is not None and last.type == "chat_complete"
            assert text == last.content


blocking()
asyncio.run(awaited())
print("all checks passed")
