"""A whole answer, and what it cost."""

import os
import sys

import openclaw

with openclaw.Client(api_key=os.environ["OPENCLAW_API_KEY"]) as client:
    answer = client.chat.completions.create(
        model=os.environ.get("OPENCLAW_MODEL", "gpt-4"), messages=[{"role": "user", "content": "Hello"}]
    )
    print(answer.choices[0].message.content)
    print(answer.usage.total_tokens, "tokens, $", answer.usage.cost, file=sys.stderr)
