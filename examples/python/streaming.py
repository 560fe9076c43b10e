"""An answer as it is written."""

import os
import sys

import openclaw

client = openclaw.Client(api_key=os.environ["OPENCLAW_API_KEY"])
messages = [{"role": "user", "content": "Tell me a story"}]
try:
    with client.chat.completions.stream(model=os.environ.get("OPENCLAW_MODEL", "gpt-4"), messages=messages) as stream:
        for chunk in stream:
            print(chunk.text, end="", flush=True)
        print()
        print(stream.usage, file=sys.stderr)
except openclaw.StreamInterruptedError as error:
    sys.exit(f"It broke off after {len(error.partial)} characters: {error}")
