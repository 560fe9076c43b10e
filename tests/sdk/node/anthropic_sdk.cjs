// The official Anthropic SDK against the gateway: plain, streaming, tools, thinking, errors.
const assert = require('node:assert/strict');
const Anthropic = require('@anthropic-ai/sdk');

const baseURL = process.env.OPENCLAW_BASE_URL.replace(/\/v1$/, '');
const client = new Anthropic({ apiKey: process.env.OPENCLAW_API_KEY, baseURL });
const asked = (script) => [{ role: 'user', content: JSON.stringify({ upstream: script }) }];

const usage = { prompt_tokens: 12, completion_tokens: 3 };
const weather = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { location: { type: 'string' } } },
};
const calls = ['Paris', 'Rome'].map((location, at) => ({
  id: `toolu_${at}`,
  name: 'get_weather',
  arguments: { location },
}));

async function messages(model) {
  const asking = { model, max_tokens: 100, messages: asked({ text: 'one two three', usage }) };
  const streamed = client.messages.stream(asking);
  const texts = [];
  streamed.on('text', (text) => texts.push(text));
  for (const answer of [await client.messages.create(asking), await streamed.finalMessage()]) {
    assert.equal(answer.content[0].text, 'one two three');
    assert.equal(answer.stop_reason, 'end_turn');
    assert.deepEqual([answer.usage.input_tokens, answer.usage.output_tokens], [12, 3]);
  }
  const { usage: shown } = await client.messages.create(asking);
  assert.ok(shown.cost > 0, JSON.stringify(shown));
  assert.equal(texts.join(''), 'one two three');
}

async function tools(model) {
  const script = { tool_call: calls[0], more_calls: calls.slice(1), then: { text: 'Sunny.' } };
  const asking = { model, max_tokens: 100, tools: [weather], messages: asked(script) };
  const streamed = await client.messages.stream(asking).finalMessage();
  for (const answer of [await client.messages.create(asking), streamed]) {
    const uses = answer.content.filter((block) => block.type === 'tool_use');
    assert.deepEqual(uses.map((use) => use.input.location), ['Paris', 'Rome']);
    assert.deepEqual(uses.map((use) => use.id), ['toolu_0', 'toolu_1']);
    assert.equal(answer.stop_reason, 'tool_use');
    const results = uses.map((use) => ({ type: 'tool_result', tool_use_id: use.id, content: '22 C' }));
    const turns = [
      { role: 'assistant', content: answer.content },
      { role: 'user', content: results },
    ];
    const after = await client.messages.create({ ...asking, messages: asking.messages.concat(turns) });
    assert.equal(after.content[0].text, 'Sunny.');
  }
}

async function thinking() {
  const asking = {
    model: 'claude-4',
    max_tokens: 4000,
    thinking: { type: 'enabled', budget_tokens: 2000 },
    messages: asked({ text: '42', thinking: 'Let me see.' }),
  };
  const streamed = await client.messages.stream(asking).finalMessage();
  for (const answer of [await client.messages.create(asking), streamed]) {
    assert.equal(answer.content[0].thinking, 'Let me see.');
    assert.ok(answer.content[0].signature);
    assert.equal(answer.content[1].text, '42');
  }
}

async function errors() {
  const other = new Anthropic({ apiKey: 'wrong', baseURL, maxRetries: 0 });
  const hello = { model: 'gpt-4', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
  const rejects = (promise, kind, type) =>
    assert.rejects(promise, (error) => {
      assert.equal(error.constructor, kind);
      assert.match(error.requestID, /^req_/);
      assert.equal(error.error.error.type, type);
      return true;
    });
  await rejects(other.messages.create(hello), Anthropic.AuthenticationError, 'authentication_error');
  const nobody = { ...hello, messages: [{ role: 'robot', content: 'x' }] };
  await rejects(client.messages.create(nobody), Anthropic.BadRequestError, 'invalid_request_error');
  const cut = asked({ text: 'one two three four', chunks: 4, error_event_after: 2 });
  for (const model of ['gpt-4', 'claude-3']) {
    const stream = other.withOptions({ apiKey: process.env.OPENCLAW_API_KEY }).messages;
    await assert.rejects(stream.stream({ ...hello, model, messages: cut }).finalMessage());
  }
}

async function main() {
  for (const model of ['gpt-4', 'claude-4']) {
    await messages(model);
    await tools(model);
  }
  await thinking();
  await errors();
  console.log('all checks passed');
}

main();
