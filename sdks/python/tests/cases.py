"""sdks/cases.json, run by the awaited client; `cases_sync.py` runs the same source by the one that blocks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
import urllib.request
from typing import Any

from gather import async_all, async_delay
from scripted import CASES, Report, server

import openclaw

LIBRARY = "python-async"
# A call that blocks cannot be ended from outside.
NEEDS_ABORT = ("abort", "abort-wait", "stream-abort")
SKIPPED: tuple[str, ...] = () if LIBRARY == "python-async" else NEEDS_ABORT


async def main() -> int:
    report = Report()
    with server() as address:

        async def run(one: dict[str, Any]) -> None:
            try:
                await run_case(one, address)
                failure = None
            except (Exception, asyncio.CancelledError) as error:
                failure = error
            report.add(f"{LIBRARY} {one['id']}: {one['about']}", failure)

        await async_all([lambda one=one: run(one) for one in CASES if one["id"] not in SKIPPED], 8)
    return report.end()


async def run_case(one: dict[str, Any], address: str) -> None:
    if "variants" not in one:
        return await run_variant(one, address, "-")
    length = int(await ask(one, address, "-", "length"))
    assert length > 100
    for n in range(length + 1):
        await run_variant(one, address, f"{one['variants']}-{n}")


async def ask(one: dict[str, Any], address: str, variant: str, what: str) -> str:
    def read() -> str:
        with urllib.request.urlopen(f"{address}/{LIBRARY}/{one['id']}/{variant}/{what}") as answer:
            return str(answer.read().decode())

    return await async_in_thread(read)


async def async_in_thread(work: Any) -> Any:
    return await asyncio.to_thread(work)


def sync_in_thread(work: Any) -> Any:
    return work()


async def run_variant(one: dict[str, Any], address: str, variant: str) -> None:
    tokens = list(one.get("client", {}).get("tokens", []))
    began = time.monotonic()
    client = openclaw.AsyncClient(
        (lambda: tokens.pop(0)) if tokens else "oc_test_cases",
        base_url=f"{address}/{LIBRARY}/{one['id']}/{variant}/v1",
    )
    async with client:
        for _ in range(one.get("repeat", 1)):
            outcome = await outcome_of(one, client)
        seconds = time.monotonic() - began
        faults = json.loads(await ask(one, address, variant, "faults"))
        assert faults == [], faults
        check(outcome, one, variant)
        least, most = one.get("seconds", [0, 60])
        assert least <= seconds <= most, f"it took {seconds} s"


async def outcome_of(one: dict[str, Any], client: openclaw.AsyncClient) -> dict[str, Any]:
    abort = one.get("options", {}).get("abort_after")
    try:
        if abort is None:
            return await perform(one, client)
        task = asyncio.ensure_future(perform(one, client))
        asyncio.get_running_loop().call_later(abort, task.cancel)
        return await task
    except openclaw.OpenClawError as error:
        return {"error": error}
    except asyncio.CancelledError:
        return {"aborted": True}


def check(outcome: dict[str, Any], one: dict[str, Any], variant: str) -> None:
    want = one["outcome"]
    error = outcome.get("error")
    if variant.startswith("cut-") and error is not None:
        # What was cut is told as cut, with a beginning of the text.
        assert type(error) is openclaw.StreamInterruptedError, repr(error)
        assert want["text"].startswith(error.partial)
        return
    if want.get("error") == "AbortError":
        assert outcome.get("aborted"), outcome
        return
    if "error" in want:
        return check_error(error, want)
    if error is not None:
        raise error
    if "value" in want:
        value = outcome["value"]
        contains(plain(value), want["value"])
        if "request_id" in want:
            assert value._request_id == want["request_id"]
    for name in ("text", "chunks", "cost"):
        if name in want:
            assert outcome[name] == want[name], outcome[name]
    if "length" in want:
        assert len(outcome["text"]) == want["length"]
    if "response" in want:
        info = outcome["response"]
        limits = info.rate_limit
        contains(
            {name: getattr(info, name) for name in want["response"] if name != "rate_limit"}
            | {"rate_limit": {"limit": limits.limit, "remaining": limits.remaining, "reset": limits.reset}},
            want["response"],
        )


def check_error(error: Any, want: dict[str, Any]) -> None:
    kind = getattr(openclaw, want["error"])
    assert isinstance(error, kind), repr(error)
    assert want["error"] == "OpenClawError" or type(error) is kind, repr(error)
    for name in ("status", "code", "param", "details", "request_id", "retry_after", "partial"):
        if name in want:
            contains(getattr(error, name), want[name])
    if "message" in want:
        assert re.search(want["message"][1:], str(error)), str(error)
    if "without" in want:
        assert want["without"] not in str(error)


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(one) for one in value]
    value = getattr(value, "data", value) if hasattr(value, "wait") else value
    return value.to_dict() if hasattr(value, "to_dict") else value


def contains(value: Any, want: Any) -> None:
    if isinstance(want, dict):
        for name, part in want.items():
            contains(value.get(name), part)
    elif isinstance(want, list):
        assert len(value) == len(want), value
        for one, part in zip(value, want, strict=True):
            contains(one, part)
    else:
        assert value == want, f"{value!r} is not {want!r}"


def chat(text: Any, **more: Any) -> dict[str, Any]:
    if isinstance(text, dict):
        return text
    return {"model": "gpt-4", "messages": [{"role": "user", "content": text}], **more}


def options_of(one: dict[str, Any]) -> Any:
    given = one.get("options", {})
    options = {name: given[name] for name in ("timeout", "max_retries", "headers", "idempotency_key") if name in given}
    if "total" in given:
        options["timeout"] = openclaw.Timeouts(total=given["total"])
    return options


async def perform(one: dict[str, Any], client: openclaw.AsyncClient) -> dict[str, Any]:
    call, options = one["do"], options_of(one)
    if "create" in call:
        if one.get("with_response"):
            raw = await client.chat.completions.with_raw_response.create(**chat(call["create"]), options=options)
            return {"value": raw.data, "response": raw.response}
        return {"value": await client.chat.completions.create(**chat(call["create"]), options=options)}
    if "stream" in call:
        return await stream(call, client, options)
    if "batch" in call:
        return {"value": await client.chat.completions.batch([chat(text) for text in call["batch"]], options=options)}
    if "get" in call:
        return {"value": await getattr(client, call["get"][0]).get(call["get"][1], options=options)}
    if "guardrails" in call:
        return {"value": await guardrails(call["guardrails"], client, options)}
    if "request" in call:
        return {"value": (await client.request(*call["request"], options=options)).data}
    if "list" in call:
        return await listed(call, client)
    if "execute" in call:
        skill, command, parameters = call["execute"]
        return {"value": await client.skills.execute(skill, command, **parameters)}
    if "run" in call:
        return {"value": await client.workflows.run(call["run"][0], **call["run"][1], options=options)}
    if "wait_run" in call:
        return {"value": await client.runs.wait(call["wait_run"])}
    if "wait_file" in call:
        return {"value": await client.files.wait(call["wait_file"])}
    if "content" in call:
        return {"text": (await client.files.content(call["content"])).decode()}
    if "token" in call:
        return {"value": await client.auth.token(expires_in=call["token"])}
    if "events" in call:
        return {"value": [event.step async for event in client.runs.events(call["events"])]}
    if "upload" in call:
        file = call["upload"]
        data = file["text"].encode() if "text" in file else bytes(file["size"])
        return {"value": await client.files.upload(data, filename=file["filename"], purpose=file["purpose"])}
    if "verify" in call:
        return {"value": verify(**call["verify"])}
    return {"value": await sockets(one, client)}


async def stream(call: dict[str, Any], client: openclaw.AsyncClient, options: Any) -> dict[str, Any]:
    stream = client.chat.completions.stream(**chat(call["stream"]), options=options)
    if call.get("final"):
        return {"value": await stream.final()}
    text, chunks = "", 0
    async with stream:
        async for chunk in stream:
            text += chunk.text
            chunks += 1
            if chunks == call.get("take"):
                break
    return {"text": text, "chunks": chunks, "cost": stream.usage.cost if stream.usage else None}


async def guardrails(wanted: Any, client: openclaw.AsyncClient, options: Any) -> openclaw.types.AccountGuardrails:
    if wanted == "get":
        return await client.guardrails.get(options=options)
    return await client.guardrails.set(guardrails=wanted, options=options)


async def listed(call: dict[str, Any], client: openclaw.AsyncClient) -> dict[str, Any]:
    found = getattr(client, call["list"]).list(**call.get("params", {}))
    if call.get("page"):
        return {"value": [one.id for one in (await found.page()).data]}
    ids = []
    async for one in found:
        ids.append(one.id)
        if len(ids) == call.get("take"):
            break
    return {"value": ids}


def verify(
    body: str,
    secret: str,
    sent: str | None = None,
    secrets: list[str] | None = None,
    before: str = "",
    age: int = 0,
    without: str | None = None,
) -> Any:
    timestamp = str(int(time.time()) - age)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"msg_1.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    signature = f"{before}v1,{base64.b64encode(digest).decode()}"
    headers = {"Webhook-Id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signature}
    if without:
        del headers["Webhook-Id"]
    return openclaw.webhooks.verify((sent or body).encode(), headers, secrets or secret)


async def sockets(one: dict[str, Any], client: openclaw.AsyncClient) -> list[dict[str, Any]]:
    given = {name: value for name, value in one.get("options", {}).items() if name in ("ping_interval", "pong_timeout")}
    async with client.ws.connect(**given) as ws:
        started: list[Any] = []
        results: list[Any] = []
        for each in one["do"]["ws"]:
            if "after" in each:
                while len(results) <= each["after"]:
                    results.append(await frames(*started[len(results)]))
            if "chat" in each:
                more = {"stream": True} if each.get("stream") else {}
                call: Any = ws.chat(**chat(each["chat"], **more))
            elif "skill" in each:
                call = ws.skill(each["skill"][0], each["skill"][1], **each["skill"][2])
            else:
                call = ws.workflow(each["workflow"][0], **each["workflow"][1])
            started.append((call, each.get("take")))
        while len(results) < len(started):
            results.append(await frames(*started[len(results)]))
        return results


async def frames(call: Any, take: int | None) -> dict[str, Any]:
    types: list[str] = []
    try:
        last = None
        async for frame in call:
            types.append(frame.type)
            last = frame
            if len(types) == take:
                break
        if len(types) == take:
            await async_delay(0.05)  # An awaited loop that was left ends a moment later.
            return {"frames": types}
        assert last is not None
        return {"frames": types, "content": last.content, "result": last.result}
    except openclaw.OpenClawError as error:
        code = getattr(error, "code", None)
        return {"error": type(error).__name__, "code": code, "partial": getattr(error, "partial", None)}


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
