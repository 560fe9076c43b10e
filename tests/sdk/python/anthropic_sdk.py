"""The official Anthropic SDK against the gateway: plain, streaming, tools, thinking, pictures, counting, errors."""

import asyncio
import json
import os

import anthropic

BASE_URL = os.environ["OPENCLAW_BASE_URL"].removesuffix("/v1")
KEY = os.environ["OPENCLAW_API_KEY"]
client = anthropic.Anthropic(api_key=KEY, base_url=BASE_URL)

WEATHER = {
    "name": "get_weather",
    "description": "The weather at a place",
    "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}},
}
CALLS = [
    {"id": "toolu_1", "name": "get_weather", "arguments": {"location": "Paris"}},
    {"id": "toolu_2", "name": "get_weather", "arguments": {"location": "Rome"}},
]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def scripted(**script):
    return json.dumps({"upstream": script}, separators=(",", ":"))


def asked(**script):
    return [{"role": "user", "content": scripted(**script)}]


def plain(model):
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    messages = asked(text="one two three", usage=usage)
    answer = client.messages.create(model=model, max_tokens=100, messages=messages)
    assert [block.text for block in answer.content] == ["one two three"], answer
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (12, 3), answer.usage
    assert answer.id.startswith("msg_"), answer.id
    assert answer._request_id.startswith("req_"), answer._request_id


def streaming(model):
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    messages = asked(text="one two three", usage=usage)
    with client.messages.stream(model=model, max_tokens=100, messages=messages) as stream:
        kinds = [event.type for event in stream]
        answer = stream.get_final_message()
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop", kinds
    assert answer.content[0].text == "one two three", answer
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (12, 3), answer.usage


def tools(model):
    then = {"text": "Sunny in both."}
    first = asked(tool_call=CALLS[0], more_calls=CALLS[1:], then=then)
    choice = {"type": "auto"}
    asking = {"model": model, "max_tokens": 100, "tools": [WEATHER], "tool_choice": choice}
    answer = client.messages.create(messages=first, **asking)
    with client.messages.stream(messages=first, **asking) as stream:
        streamed = stream.get_final_message()
    for said in (answer, streamed):
        calls = [block for block in said.content if block.type == "tool_use"]
        assert [call.id for call in calls] == ["toolu_1", "toolu_2"], said
        assert [call.input["location"] for call in calls] == ["Paris", "Rome"], said
        assert said.stop_reason == "tool_use", said
    results = [
        {"type": "tool_result", "tool_use_id": call["id"], "content": [{"type": "text", "text": "22 C"}]}
        for call in CALLS
    ]
    messages = first + [
        {"role": "assistant", "content": answer.content},
        {"role": "user", "content": results},
    ]
    answer = client.messages.create(messages=messages, **asking)
    assert answer.content[0].text == "Sunny in both.", answer


def blocks(model):
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "text", "text": scripted(text="a dot"), "cache_control": {"type": "ephemeral"}},
    ]
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    messages = [{"role": "user", "content": content}]
    answer = client.messages.create(
        model=model, max_tokens=100, system=system, messages=messages, stop_sequences=["END"]
    )
    assert answer.content[0].text == "a dot", answer


def thinking():
    messages = asked(text="42", thinking="Let me see.")
    asking = {"model": "claude-4", "max_tokens": 4000, "messages": messages}
    asking["thinking"] = {"type": "enabled", "budget_tokens": 2000}
    answer = client.messages.create(**asking)
    with client.messages.stream(**asking) as stream:
        streamed = stream.get_final_message()
    for said in (answer, streamed):
        thought, text = said.content
        assert (thought.type, thought.thinking) == ("thinking", "Let me see."), said
        assert thought.signature and text.text == "42", said


def counting(model):
    counted = client.messages.count_tokens(
        model=model, system="Be brief.", messages=[{"role": "user", "content": "How many tokens are these?"}]
    )
    assert 5 < counted.input_tokens < 100, counted
    # Claude's own count is asked of Anthropic.
    counted = client.messages.count_tokens(model="claude-3", messages=[{"role": "user", "content": "x"}])
    assert counted.input_tokens == 4242, counted


async def without_blocking():
    async with anthropic.AsyncAnthropic(api_key=KEY, base_url=BASE_URL) as other:
        messages = asked(text="one two")
        async with other.messages.stream(model="gpt-4", max_tokens=9, messages=messages) as stream:
            texts = [text async for text in stream.text_stream]
    assert "".join(texts) == "one two", texts


def raises(kind, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind, error
        assert error.request_id.startswith("req_"), error.request_id
        assert error.body["type"] == "error", error.body
        return error
    raise AssertionError(f"no {kind.__name__}")


def errors():
    other = anthropic.Anthropic(api_key="wrong", base_url=BASE_URL, max_retries=0)
    hello = {"model": "gpt-4", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    error = raises(anthropic.AuthenticationError, lambda: other.messages.create(**hello))
    assert error.body["error"]["type"] == "authentication_error", error.body
    wrong = hello | {"messages": []}
    error = raises(anthropic.BadRequestError, lambda: client.messages.create(**wrong))
    assert "messages" in error.body["error"]["message"], error.body
    one = anthropic.Anthropic(api_key=KEY, base_url=BASE_URL, max_retries=0)
    refused = hello | {"messages": asked(status=400)}
    raises(anthropic.BadRequestError, lambda: one.messages.create(**refused))
    cut = hello | {"messages": asked(text="one two three four", chunks=4, error_event_after=2)}
    for model in ("gpt-4", "claude-3"):
        try:
            with one.messages.stream(**(cut | {"model": model})) as stream:
                stream.get_final_message()
            raise AssertionError("a cut stream is no success")
        except anthropic.APIStatusError as error:
            assert error.body["type"] == "error", error.body


for each in ("claude-4", "gpt-4"):
    plain(each)
    streaming(each)
    tools(each)
    blocks(each)
counting("gpt-4")
thinking()
asyncio.run(without_blocking())
errors()
print("all checks passed")
