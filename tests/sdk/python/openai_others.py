"""The official OpenAI SDK on what is no chat: embeddings, completions, moderations, pictures, audio."""

import io
import os

import openai

client = openai.OpenAI(api_key=os.environ["OPENCLAW_API_KEY"], base_url=os.environ["OPENCLAW_BASE_URL"])

# The SDK asks for base64 and decodes it; whoever asks for numbers gets them.
for more in ({}, {"encoding_format": "float"}):
    answer = client.embeddings.create(model="embedder", input=["one", "two"], **more)
    assert [item.embedding for item in answer.data] == [[0.25, -1.5]] * 2, answer
    assert answer.usage.prompt_tokens == 8, answer

answer = client.completions.create(model="gpt-4", prompt="The quick brown fox", max_tokens=5)
assert answer.choices[0].text == " jumps over" and answer.usage.total_tokens == 7, answer
options = {"include_usage": True}
chunks = list(client.completions.create(model="gpt-4", prompt="x", stream=True, stream_options=options))
assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == " jumps over", chunks
assert chunks[-1].usage.completion_tokens == 2, chunks[-1]

answer = client.moderations.create(model="gpt-4", input="I hate it")
assert answer.results[0].flagged, answer

answer = client.images.generate(model="painter", prompt="A cat")
assert answer.data[0].b64_json == "aGk=", answer

with client.audio.speech.with_streaming_response.create(model="listener", voice="alloy", input="Hello") as speech:
    assert speech.headers["content-type"] == "audio/mpeg"
    assert speech.read().startswith(b"ID3")

answer = client.audio.transcriptions.create(model="listener", file=("a.wav", io.BytesIO(b"RIFF" * 100)))
assert answer.text == "hello", answer

try:
    client.embeddings.create(model="claude-3", input="x")
    raise AssertionError("Claude has no embeddings")
except openai.BadRequestError as error:
    assert error.param == "model", error.body
print("all checks passed")
