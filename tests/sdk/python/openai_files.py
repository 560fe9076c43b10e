"""The official OpenAI SDK on files."""

import asyncio
import io
import os

import openai

BASE_URL = os.environ["OPENCLAW_BASE_URL"]
KEY = os.environ["OPENCLAW_API_KEY"]
client = openai.OpenAI(api_key=KEY, base_url=BASE_URL)

# Made, from bytes, a named tuple and an open file.
plain = client.files.create(file=b"just bytes", purpose="user_data")
assert plain.object == "file" and plain.bytes == 10 and plain.purpose == "user_data"
assert plain._request_id.startswith("req_")
named = client.files.create(
    file=("name, with; \"marks\".txt", io.BytesIO(b"named")),
    purpose="assistants",
    expires_after={"anchor": "created_at", "seconds": 3600},
)
assert named.filename == 'name, with; "marks".txt', named.filename
assert named.expires_at == named.created_at + 3600

# Looked at, listed, read.
assert client.files.retrieve(plain.id).bytes == plain.bytes
page = client.files.list(limit=1)
assert len(page.data) == 1 and page.has_more
assert {file.id for file in client.files.list(limit=1)} == {plain.id, named.id}
assert [file.id for file in client.files.list(purpose="user_data")] == [plain.id]
assert client.files.content(named.id).read() == b"named"
with client.files.with_streaming_response.content(plain.id) as response:
    assert b"".join(response.iter_bytes()) == b"just bytes"

# Deleted.
gone = client.files.delete(plain.id)
assert gone.deleted and gone.id == plain.id and gone.object == "file"
try:
    client.files.retrieve(plain.id)
    raise AssertionError("it is still there")
except openai.NotFoundError as error:
    assert error.code == "not_found", error
try:
    client.files.create(file=b"x", purpose="no purpose at all")
    raise AssertionError("it was taken")
except openai.BadRequestError as error:
    assert error.param == "purpose", error

# In parts: by hand, and by the helper that cuts them.
upload = client.uploads.create(filename="big.txt", purpose="user_data", bytes=9, mime_type="text/plain")
assert upload.status == "pending" and upload.object == "upload" and upload.file is None
parts = [client.uploads.parts.create(upload.id, data=data) for data in (b"first", b"last")]
done = client.uploads.complete(upload.id, part_ids=[part.id for part in parts])
assert done.status == "completed" and done.file.bytes == 9
assert client.files.content(done.file.id).read() == b"firstlast"
again = client.uploads.create(filename="no.txt", purpose="user_data", bytes=1, mime_type="text/plain")
assert client.uploads.cancel(again.id).status == "cancelled"
chunked = client.uploads.upload_file_chunked(
    file=b"0123456789" * 1000, filename="chunked.txt", bytes=10_000, mime_type="text/plain",
    purpose="user_data", part_size=3000,
)
assert client.files.content(chunked.file.id).read() == b"0123456789" * 1000


async def asynchronous():
    async with openai.AsyncOpenAI(api_key=KEY, base_url=BASE_URL) as later:
        made = await later.files.create(file=("a.txt", b"async"), purpose="user_data")
        content = await later.files.content(made.id)
        assert content.read() == b"async"
        assert (await later.files.delete(made.id)).deleted


asyncio.run(asynchronous())
print("all checks passed")
