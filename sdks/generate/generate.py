"""Writes what the three client libraries have in common: `python3 sdks/generate/generate.py [--check]`.

docs/openapi.json has the types and operations, `surface.json` what the libraries call them. The templates are
`javascript.py`, `python.py` and `golang.py`. With `--check` nothing is written, and a file that differs is an error.
"""

import sys
from pathlib import Path

import document
import golang
import javascript
import python
import surface

SDKS = Path(__file__).parent.parent


def main() -> int:
    read = document.read()
    methods = surface.read(read)
    files = {**javascript.files(read, methods), **python.files(read, methods), **golang.files(read, methods)}
    stale = [name for name, text in files.items() if differs(SDKS / name, text)]
    if "--check" in sys.argv:
        for name in stale:
            print(f"sdks/{name} is stale: run `python3 sdks/generate/generate.py`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (SDKS / name).parent.mkdir(exist_ok=True)
        (SDKS / name).write_text(files[name])
        print(f"wrote sdks/{name}")
    return 0


def differs(path: Path, text: str) -> bool:
    """Whether a file is not what it should be; how Go is laid out does not matter."""
    if not path.exists():
        return True
    if path.suffix == ".go":
        return path.read_text().split() != text.split()
    return path.read_text() != text


if __name__ == "__main__":
    sys.exit(main())
