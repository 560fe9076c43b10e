"""The official OpenAI SDK against the gateway: plain, streaming, tools, errors, models."""

import asyncio
import json
import os

import openai
import pydantic

BASE_URL = os.environ["OPENCLAW_BASE_URL"]
client = openai.OpenAI(api_key=os.environ["OPENCLAW_API_KEY"], base_url=BASE_URL)


def scripted(**script):
    return [{"role": "user", "content": json.dumps({"upstream": script}, separators=(",", ":"))}]


def with_key(key):
    return openai.OpenAI(api_key=key, base_url=BASE_URL, max_retries=0)


def raises(kind, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind, error
        assert error.request_id.startswith("req_"), error.request_id
        return error
    raise AssertionError(f"no {kind.__name__}")


USAGE = {"prompt_tokens": 12, "completion_tokens": 3}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}
CALL = {"id": "call_1", "name": "get_weather", "arguments": {"location": "Paris"}}

for model in ["gpt-4", "claude-3"]:
    # Plain.
    messages = scripted(text="one two three", usage=USAGE)
    completion = client.chat.completions.create(model=model, messages=messages)
    assert completion.choices[0].message.content == "one two three"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 15
    assert completion._request_id.startswith("req_")

    # Streaming, with usage.
    stream = client.chat.completions.create(
        model=model, messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "one two three", text
    assert chunks[-1].usage.prompt_tokens == 12 and chunks[-1].usage.completion_tokens == 3
    assert not chunks[-1].choices

    # Tools, plain and streaming.
    messages = scripted(tool_call=CALL)
    completion = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    call = completion.choices[0].message.tool_calls[0]
    assert call.id == "call_1" and call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == CALL["arguments"]
    stream = client.chat.completions.create(
        model=model, messages=messages, tools=[WEATHER], stream=True
    )
    deltas = [c.choices[0].delta.tool_calls[0] for c in stream if c.choices[0].delta.tool_calls]
    assert deltas[0].id == "call_1" and deltas[0].function.name == "get_weather"
    arguments = "".join(delta.function.arguments or "" for delta in deltas)
    assert json.loads(arguments) == CALL["arguments"]

    # A failure in mid-stream is an exception, not an end.
    stream = client.chat.completions.create(
        model=model,
        messages=scripted(chunks=5, chunk_delay_ms=30, cut_after=2),
        stream=True,
    )
    try:
        list(stream)
        raise AssertionError("the stream looks whole")
    except openai.APIError as error:
        assert error.code == "provider_error", error


# Answers in a form, by each provider's own way: `parse` and the streaming helper.
class Answer(pydantic.BaseModel):
    why: str
    answer: int


for model in ["gpt-4", "claude-3", "claude-4"]:
    request = {
        "model": model,
        "messages": scripted(text='{"why":"because","answer":42}'),
        "response_format": Answer,
    }
    parsed = client.chat.completions.parse(**request)
    assert parsed.choices[0].message.parsed == Answer(why="because", answer=42), parsed
    assert parsed.choices[0].finish_reason == "stop"
    with client.chat.completions.stream(**request) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == Answer(why="because", answer=42), final


# Thinking comes with a call and goes back with its signature, put together by the SDK.
class GetWeather(pydantic.BaseModel):
    location: str


request = {
    "model": "claude-4",
    "tools": [openai.pydantic_function_tool(GetWeather, name="get_weather")],
    "reasoning_effort": "low",
}
thinking = scripted(thinking="Let me think", tool_call=CALL)
with client.chat.completions.stream(messages=thinking, **request) as stream:
    message = stream.get_final_completion().choices[0].message
assert message.reasoning_content == "Let me think", message
assert message.thinking_blocks[0]["thinking"] == "Let me think", message
assert message.thinking_blocks[0]["signature"], message
assert message.tool_calls[0].function.parsed_arguments == GetWeather(location="Paris"), message
answer = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "15 degrees"}
messages = [*thinking, message, answer, *scripted(text="one two three")]
completion = client.chat.completions.create(messages=messages, **request)
assert completion.choices[0].message.content == "one two three"


# Asynchronous.
async def chat():
    async with openai.AsyncOpenAI(api_key=client.api_key, base_url=BASE_URL) as caller:
        stream = await caller.chat.completions.create(
            model="gpt-4", messages=scripted(text="one two three"), stream=True
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


assert asyncio.run(chat()) == "one two three"

# Models.
assert {"gpt-4", "claude-3"} <= {model.id for model in client.models.list()}
assert client.models.retrieve("gpt-4").owned_by

# Errors by their class.
hello = [{"role": "user", "content": "Hello"}]


def chat_with(caller, **request):
    request = {"model": "gpt-4", "messages": hello, **request}
    return lambda: caller.chat.completions.create(**request)


raises(openai.NotFoundError, lambda: client.models.retrieve("nothing"))
error = raises(openai.AuthenticationError, chat_with(with_key("wrong")))
assert error.code == "unauthorized", error
error = raises(openai.BadRequestError, chat_with(client, temperature=3))
assert (error.code, error.param) == ("invalid_request", "temperature"), error
error = raises(openai.BadRequestError, chat_with(client, model="nothing"))
assert error.code == "invalid_model" and error.param == "model", error
error = raises(openai.PermissionDeniedError, chat_with(with_key(os.environ["OPENCLAW_MODELS_KEY"])))
assert error.code == "forbidden", error
limited = with_key(os.environ["OPENCLAW_LIMITED_KEY"])
chat_with(limited)()
error = raises(openai.RateLimitError, chat_with(limited))
assert error.code == "rate_limit_exceeded", error
assert 1 <= int(error.response.headers["retry-after"]) <= 60

print("all checks passed")
