"""sdks/cases.json, run by the client that blocks: the source of `cases.py`, translated as the library's is."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent.parent / "generate"))

from python import BLOCKING

source = (Path(__file__).parent / "cases.py").read_text()
source = source.replace('LIBRARY = "python-async"', 'LIBRARY = "python-sync"')
source = source.replace("asyncio.run(main())", "main()")
for pattern, by in BLOCKING:
    source = re.sub(pattern, by, source)
source = source.replace(" async for", " for")
exec(compile(source, "cases_sync", "exec"))
