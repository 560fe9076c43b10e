"""A run of a workflow, watched step by step."""

import os
import sys

import openclaw

client = openclaw.Client(api_key=os.environ["OPENCLAW_API_KEY"])
started = client.workflows.run("daily-brief", date="2026-02-28")
for event in started.events():
    print(f"{event.step}/{event.total_steps} {event.status}", file=sys.stderr)
run = started.wait(timeout=60)
print(run.status, run.result or run.error)
