"""A file is uploaded, read by the gateway, and asked about."""

import os

import openclaw

client = openclaw.Client(api_key=os.environ["OPENCLAW_API_KEY"])
note = b"The meeting is on Thursday at ten."
file = client.files.upload(note, filename="note.txt", purpose="analysis").wait()
print(file.status, client.files.text(file.id))
answer = client.chat.completions.create(
    model=os.environ.get("OPENCLAW_MODEL", "gpt-4"),
    messages=[{"role": "user", "content": "When is the meeting?", "file_ids": [file.id]}],
)
print(answer.choices[0].message.content)
client.files.delete(file.id)
