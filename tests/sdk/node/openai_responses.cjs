// The official OpenAI SDK on responses: plain, streaming, tools, conversations that go on.
const assert = require('node:assert/strict');
const OpenAI = require('openai');

const client = new OpenAI({
  apiKey: process.env.OPENCLAW_API_KEY,
  baseURL: process.env.OPENCLAW_BASE_URL,
});
const scripted = (script) => JSON.stringify({ upstream: script });
const usage = { prompt_tokens: 12, completion_tokens: 3 };
const weather = {
  type: 'function',
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { location: { type: 'string' } } },
};
const call = { id: 'call_1', name: 'get_weather', arguments: { location: 'Paris' } };

async function responses(model) {
  const asked = { model, input: scripted({ text: 'one two three', usage }) };
  const stream = client.responses.stream(asked);
  const texts = [];
  stream.on('response.output_text.delta', (event) => texts.push(event.delta));
  for (const answer of [await client.responses.create(asked), await stream.finalResponse()]) {
    assert.equal(answer.output_text, 'one two three');
    assert.equal(answer.usage.total_tokens, 15);
    const kept = await client.responses.retrieve(answer.id);
    assert.equal(kept.output_text, 'one two three');
  }
  assert.equal(texts.join(''), 'one two three');
}

async function tools(model) {
  const input = scripted({ tool_call: call, then: { text: 'Sunny.' } });
  const answer = await client.responses.create({ model, input, tools: [weather] });
  const [item] = answer.output.filter((item) => item.type === 'function_call');
  assert.deepEqual(JSON.parse(item.arguments), { location: 'Paris' });
  const after = await client.responses.create({
    model,
    tools: [weather],
    previous_response_id: answer.id,
    input: [{ type: 'function_call_output', call_id: item.call_id, output: '22 C' }],
  });
  assert.equal(after.output_text, 'Sunny.');
}

async function main() {
  for (const model of ['gpt-4', 'claude-4']) {
    await responses(model);
    await tools(model);
  }
  console.log('all checks passed');
}

main();
