"""Another project on the Python Package Index is called `openclaw` and installs a package of the same name."""

from __future__ import annotations

import os
import warnings


def warn_of_foreign(folder: str | None = None) -> None:
    """Warns where that one is installed beside this library, whose files it overwrites."""
    folder = folder or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        names = os.listdir(folder)
    except OSError:
        return  # In an archive.
    if any(name.startswith("openclaw-") and name.endswith(".dist-info") for name in names):
        warnings.warn(
            "The distribution `openclaw` is another project whose package has the same name as that of "
            "openclaw-python: uninstall both, then install openclaw-python",
            stacklevel=3,
        )
