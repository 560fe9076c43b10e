"""Verifies webhooks by the Standard Webhooks specification: https://www.standardwebhooks.com"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ._errors import WebhookVerificationError
from ._object import Object

__all__ = ["Event", "verify"]


class Event(Object):
    """What happened: `type`, `timestamp` and `data`."""

    __slots__ = ("data", "timestamp", "type")
    _names = ("type", "timestamp", "data")
    type: str
    timestamp: str
    data: dict[str, Any]

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self._request_id = None
        self.type = raw["type"]
        self.timestamp = raw.get("timestamp", "")
        self.data = raw.get("data", {})


def verify(
    body: bytes | str, headers: Mapping[str, Any], secret: str | Sequence[str], *, tolerance: float = 300
) -> Event:
    """The event of a request whose signature is right and at most `tolerance` seconds old.

    `body` is what came, before anything parsed it; `secret` is one, or several during a rotation.
    """
    if not isinstance(body, (bytes, str)):
        raise WebhookVerificationError(
            "The body of a webhook must be the bytes or text that came, not what a parser made of them: "
            "take `request.body`, or `request.get_data()`"
        )
    data = body.encode() if isinstance(body, str) else body
    id = _header(headers, "webhook-id")
    timestamp = _header(headers, "webhook-timestamp")
    signatures = _header(headers, "webhook-signature").split(" ")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(time.time() - int(timestamp)) > tolerance:
        raise WebhookVerificationError("The timestamp of the webhook is too far from now")
    for one in [secret] if isinstance(secret, str) else secret:
        expected = hmac.new(_key(one), f"{id}.{timestamp}.".encode() + data, hashlib.sha256).digest()
        mark = "v1," + base64.b64encode(expected).decode()
        if any(hmac.compare_digest(mark.encode(), signature.encode()) for signature in signatures):
            return Event(json.loads(data))
    raise WebhookVerificationError("The signature of the webhook is wrong")


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except binascii.Error:
        key = b""
    if not key:
        raise WebhookVerificationError("The secret is not one of a webhook")
    return key


def _header(headers: Mapping[str, Any], name: str) -> str:
    value = headers.get(name)
    if value is None:
        value = next((value for other, value in headers.items() if str(other).lower() == name), None)
    if not value:
        raise WebhookVerificationError(f"The webhook has no header {name}")
    return value.decode() if isinstance(value, bytes) else str(value)
