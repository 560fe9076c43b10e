"""LangChain against the gateway, over both dialects of providers: text, objects, tools, plain and streaming."""

import json
import os

import openai
import pydantic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


def scripted(**script):
    return [HumanMessage(json.dumps({"upstream": script}, separators=(",", ":")))]


def chat(model, **settings):
    return ChatOpenAI(
        model=model,
        api_key=os.environ["OPENCLAW_API_KEY"],
        base_url=os.environ["OPENCLAW_BASE_URL"],
        stream_usage=True,
        max_retries=0,
        **settings,
    )


class Answer(pydantic.BaseModel):
    """An answer with its reason."""

    why: str
    answer: int


@tool
def get_weather(location: str) -> str:
    """The weather of a place."""
    return f"15 degrees in {location}"


def call(id, location):
    return {"id": id, "name": "get_weather", "arguments": {"location": location}}


def gathered(stream):
    chunks = list(stream)
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


for model in ["gpt-4", "claude-3"]:
    caller = chat(model)
    messages = scripted(
        text="one two three", usage={"prompt_tokens": 12, "completion_tokens": 3}
    )
    for answer in [caller.invoke(messages), gathered(caller.stream(messages))]:
        assert answer.content == "one two three", answer
        assert answer.usage_metadata["input_tokens"] == 12, answer
        assert answer.usage_metadata["output_tokens"] == 3, answer

    # Answers in a form: by a tool that must be called, and by a schema (which LangChain does not ask of a gpt-4).
    fields = {"why": "because", "answer": 42}
    made = {"id": "call_1", "name": "Answer", "arguments": fields}
    form = caller.with_structured_output(Answer, method="function_calling")
    assert form.invoke(scripted(tool_call=made)) == Answer(**fields)
    if model != "gpt-4":
        form = caller.with_structured_output(Answer, method="json_schema")
        assert form.invoke(scripted(text=json.dumps(fields))) == Answer(**fields)

    # Two calls side by side; their answers go back.
    messages = scripted(
        tool_call=call("call_1", "Paris"),
        more_calls=[call("call_2", "Rome")],
        then={"text": "done"},
    )
    with_tools = caller.bind_tools([get_weather])
    for answer in [with_tools.invoke(messages), gathered(with_tools.stream(messages))]:
        places = [made["args"]["location"] for made in answer.tool_calls]
        assert places == ["Paris", "Rome"], answer
        results = [get_weather.invoke(made) for made in answer.tool_calls]
        assert all(isinstance(result, ToolMessage) for result in results), results
        assert with_tools.invoke([*messages, answer, *results]).content == "done"

    # Failures are exceptions.
    try:
        chat(model, temperature=3).invoke("Hello")
        raise AssertionError("temperature 3 was taken")
    except openai.BadRequestError as error:
        assert error.param == "temperature", error
    try:
        list(caller.stream(scripted(chunks=5, chunk_delay_ms=30, cut_after=2)))
        raise AssertionError("the stream looks whole")
    except openai.APIError as error:
        assert error.code == "provider_error", error

print("all checks passed")
