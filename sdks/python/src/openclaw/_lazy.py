"""The types, imported when the first one is needed: to make so many classes takes longer than all else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import types as T
else:

    class _Types:
        def __getattr__(self, name: str) -> Any:
            from . import types

            # What was found once is found without this.
            value = getattr(types, name)
            setattr(self, name, value)
            return value

    T = _Types()

__all__ = ["T"]
