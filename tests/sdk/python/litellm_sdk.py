"""LiteLLM's client against the gateway, in the dialects that it speaks: OpenAI's chats and responses, Anthropic's
messages; plain, streaming, tools side by side, errors."""

import json
import os

# Its prices are asked of the network otherwise.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
import openai

BASE = os.environ["OPENCLAW_BASE_URL"]
KEY = os.environ["OPENCLAW_API_KEY"]
USAGE = {"prompt_tokens": 12, "completion_tokens": 3}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}
CALLS = [
    {"id": f"call_{at}", "name": "get_weather", "arguments": {"location": place}}
    for at, place in enumerate(["Paris", "Rome"])
]


def scripted(**script):
    return json.dumps({"upstream": script}, separators=(",", ":"))


def asking(**script):
    return [{"role": "user", "content": scripted(**script)}]


def caller(dialect, model):
    # Its Anthropic client adds the version itself.
    base = BASE if dialect == "openai" else BASE.removesuffix("/v1")

    def ask(**fields):
        return litellm.completion(
            model=f"{dialect}/{model}", api_base=base, api_key=KEY, max_tokens=100, num_retries=0, **fields
        )

    return ask


def whole(stream, messages):
    return litellm.stream_chunk_builder(list(stream), messages=messages)


def texts(ask):
    messages = asking(text="one two three", usage=USAGE)
    answer = ask(messages=messages)
    assert answer.choices[0].finish_reason == "stop", answer
    streamed = ask(messages=messages, stream=True, stream_options={"include_usage": True})
    for answer in (answer, whole(streamed, messages)):
        assert answer.choices[0].message.content == "one two three", answer
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (12, 3), answer


def tools(ask):
    messages = asking(tool_call=CALLS[0], more_calls=CALLS[1:], then={"text": "Sunny in both."})
    answers = [ask(messages=messages, tools=[WEATHER])]
    answers.append(whole(ask(messages=messages, tools=[WEATHER], stream=True), messages))
    for answer in answers:
        said = answer.choices[0].message
        places = [json.loads(call.function.arguments)["location"] for call in said.tool_calls]
        assert places == ["Paris", "Rome"], answer
        assert answer.choices[0].finish_reason == "tool_calls", answer
        results = [{"role": "tool", "tool_call_id": call.id, "content": "22 C"} for call in said.tool_calls]
        after = ask(messages=[*messages, said.model_dump(), *results], tools=[WEATHER])
        assert after.choices[0].message.content == "Sunny in both.", after


def errors(ask):
    try:
        ask(messages=asking(status=400, body=json.dumps({"error": {"message": "no", "type": "invalid_request_error"}})))
        raise AssertionError("it was refused")
    except litellm.BadRequestError as error:
        assert error.status_code == 400, error
    cut = asking(text="one two three four", chunks=4, chunk_delay_ms=30, cut_after=2)
    try:
        said = [chunk.choices[0].delta.content for chunk in ask(messages=cut, stream=True)]
        raise AssertionError(f"the stream looks whole: {said}")
    except openai.APIError as error:
        assert "broke off" in str(error), error


def responses(model):
    asked = {"model": f"openai/{model}", "api_base": BASE, "api_key": KEY}
    asked["input"] = scripted(text="one two three", usage=USAGE)
    answer = litellm.responses(**asked)
    assert answer.output[0].content[0].text == "one two three", answer
    assert answer.usage.output_tokens == 3, answer
    events = list(litellm.responses(stream=True, **asked))
    assert events[-1].type == "response.completed", events
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "one two three", events


for model in ("gpt-4", "claude-3"):
    for dialect in ("openai", "anthropic"):
        ask = caller(dialect, model)
        texts(ask)
        tools(ask)
        errors(ask)
    responses(model)
print("all checks passed")
