"""Processor time of a call: overhead.py openclaw|openai CALLS, with OPENCLAW_BASE_URL and the library on PYTHONPATH."""

import os
import sys
import time

name, count = sys.argv[1], int(sys.argv[2])
settings = {"api_key": "oc_test_overhead", "base_url": os.environ["OPENCLAW_BASE_URL"]}
if name == "openclaw":
    import openclaw

    client = openclaw.Client(**settings)
else:
    import openai

    client = openai.OpenAI(**settings)


def call() -> None:
    client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "Hello"}])


for _ in range(200):
    call()
began = time.process_time()
for _ in range(count):
    call()
print(f"{name} {(time.process_time() - began) * 1000 / count:.3f} ms")
