"""What the API's objects are in Python: slotted dataclasses that keep what they do not know."""

from __future__ import annotations

from typing import Any, ClassVar


class Object:
    """An object of the API. Fields that this version does not know are attributes, too; `to_dict()` has everything."""

    __slots__ = ("_raw", "_request_id")
    _nested: ClassVar[dict[str, Any]] = {}
    _names: ClassVar[tuple[str, ...]] = ()
    _raw: dict[str, Any] | None
    _request_id: str | None

    def __post_init__(self) -> None:
        self._raw = None
        self._request_id = None

    def __getattr__(self, name: str) -> Any:
        # Called for what is no field.
        if not name.startswith("_"):
            raw = self._raw or {}
            if name in raw:
                return raw[name]
        raise AttributeError(f"{type(self).__name__} has no field {name!r}")

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        if self._raw is not None:
            return self._raw
        return {name: getattr(self, name) for name in self._names if getattr(self, name) is not None}


def decode(kind: Any, data: Any) -> Any:
    """JSON as `kind`: a class, a list or a dictionary with one inside, or `None` for what stays as it is."""
    if data is None or kind is None:
        return data
    if type(kind) is list:
        return [decode(kind[0], one) for one in data] if isinstance(data, list) else data
    if not isinstance(data, dict):
        return data
    if type(kind) is dict:
        return {name: decode(kind["*"], one) for name, one in data.items()}
    it = kind.__new__(kind)
    it._raw = data
    it._request_id = None
    nested = kind._nested
    for name in kind._names:
        value = data.get(name)
        if value is not None and name in nested:
            value = decode(nested[name], value)
        object.__setattr__(it, name, value)
    return it


def encode(value: Any) -> Any:
    """For `json.dumps`: what it does not know by itself."""
    if isinstance(value, Object):
        return value.to_dict()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
