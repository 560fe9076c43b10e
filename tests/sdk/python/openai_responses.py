"""The official OpenAI SDK on responses: plain, streaming, tools, conversations that go on, what is kept."""

import json
import os
import time

import openai
import pydantic

client = openai.OpenAI(api_key=os.environ["OPENCLAW_API_KEY"], base_url=os.environ["OPENCLAW_BASE_URL"])
USAGE = {"prompt_tokens": 12, "completion_tokens": 3}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
}
CALLS = [
    {"id": f"call_{at}", "name": "get_weather", "arguments": {"location": place}}
    for at, place in enumerate(["Paris", "Rome"])
]


def scripted(**script):
    return json.dumps({"upstream": script}, separators=(",", ":"))


def plain(model):
    answer = client.responses.create(model=model, input=scripted(text="one two three", usage=USAGE))
    assert answer.output_text == "one two three", answer
    assert (answer.status, answer.object) == ("completed", "response"), answer
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (12, 3), answer.usage
    assert answer.id.startswith("resp_"), answer.id
    return answer


def streaming(model):
    asked = {"model": model, "input": scripted(text="one two three", usage=USAGE)}
    events = list(client.responses.create(stream=True, **asked))
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ], kinds
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ], kinds
    assert [event.sequence_number for event in events] == list(range(len(events)))
    with client.responses.stream(**asked) as stream:
        texts = [event.delta for event in stream if event.type == "response.output_text.delta"]
        answer = stream.get_final_response()
    assert "".join(texts) == answer.output_text == "one two three", answer
    assert answer.usage.total_tokens == 15, answer.usage
    kept = client.responses.retrieve(answer.id)
    assert kept.output_text == "one two three", kept


def tools(model):
    then = {"text": "Sunny in both."}
    asked = {"model": model, "tools": [WEATHER]}
    asking = scripted(tool_call=CALLS[0], more_calls=CALLS[1:], then=then)
    answer = client.responses.create(input=asking, **asked)
    with client.responses.stream(input=asking, **asked) as stream:
        streamed = stream.get_final_response()
    for said in (answer, streamed):
        calls = [item for item in said.output if item.type == "function_call"]
        assert [call.call_id for call in calls] == ["call_0", "call_1"], said
        assert [json.loads(call.arguments)["location"] for call in calls] == ["Paris", "Rome"], said
        results = [
            {"type": "function_call_output", "call_id": call.call_id, "output": "22 C"} for call in calls
        ]
        # By what is kept, and by hand.
        after = client.responses.create(previous_response_id=said.id, input=results, **asked)
        assert after.output_text == "Sunny in both.", after
        whole = [{"role": "user", "content": asking}] + said.output + results
        after = client.responses.create(input=whole, store=False, **asked)
        assert after.output_text == "Sunny in both.", after


def forms(model):
    class Place(pydantic.BaseModel):
        name: str

    answer = client.responses.parse(model=model, input=scripted(text='{"name": "Paris"}'), text_format=Place)
    assert answer.output_parsed == Place(name="Paris"), answer


def kept():
    first = plain("gpt-4")
    items = list(client.responses.input_items.list(first.id))
    assert len(items) == 1 and items[0].role == "user", items
    client.responses.delete(first.id)
    for call in (
        lambda: client.responses.retrieve(first.id),
        lambda: client.responses.create(model="gpt-4", input="x", previous_response_id=first.id),
    ):
        try:
            call()
            raise AssertionError("it was deleted")
        except openai.NotFoundError as error:
            assert error.code == "not_found", error.body


def background():
    def asked(**script):
        return client.responses.create(model="gpt-4", input=scripted(**script), background=True)

    queued = asked(text="one two three", usage=USAGE)
    assert (queued.status, queued.background, queued.output) == ("queued", True, []), queued
    while queued.status in ("queued", "in_progress"):
        time.sleep(0.2)
        queued = client.responses.retrieve(queued.id)
    assert (queued.status, queued.output_text) == ("completed", "one two three"), queued
    assert queued.usage.total_tokens == 15, queued.usage
    slow = asked(chunks=100, chunk_delay_ms=1000)
    assert client.responses.cancel(slow.id).status == "cancelled"
    assert client.responses.retrieve(slow.id).status == "cancelled"
    try:
        client.responses.cancel(queued.id)
        raise AssertionError("it is over")
    except openai.BadRequestError as error:
        assert error.code == "invalid_request", error.body


def errors():
    other = openai.OpenAI(api_key=os.environ["OPENCLAW_API_KEY"], base_url=os.environ["OPENCLAW_BASE_URL"], max_retries=0)
    cut = scripted(text="one two three four", chunks=4, error_event_after=2)
    kinds = [event.type for event in other.responses.create(model="gpt-4", input=cut, stream=True)]
    assert kinds[-1] == "response.failed", kinds
    try:
        other.responses.create(model="gpt-4", input="x", tools=[{"type": "web_search"}])
        raise AssertionError("nobody here searches")
    except openai.BadRequestError as error:
        assert error.param.startswith("tools"), error.body


for each in ("gpt-4", "claude-4"):
    plain(each)
    streaming(each)
    tools(each)
    forms(each)
kept()
background()
errors()
print("all checks passed")
