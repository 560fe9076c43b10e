// The official OpenAI SDK against the gateway: plain, streaming, tools, errors, models.
const assert = require('node:assert/strict');
const OpenAI = require('openai');

const baseURL = process.env.OPENCLAW_BASE_URL;
const client = new OpenAI({ apiKey: process.env.OPENCLAW_API_KEY, baseURL });
const withKey = (apiKey) => new OpenAI({ apiKey, baseURL, maxRetries: 0 });
const scripted = (script) => [{ role: 'user', content: JSON.stringify({ upstream: script }) }];

const usage = { prompt_tokens: 12, completion_tokens: 3 };
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { location: { type: 'string' } } },
  },
};
const call = { id: 'call_1', name: 'get_weather', arguments: { location: 'Paris' } };

async function all(stream) {
  const chunks = [];
  for await (const chunk of await stream) chunks.push(chunk);
  return chunks;
}

async function chats(model) {
  // Plain.
  let messages = scripted({ text: 'one two three', usage });
  let completion = await client.chat.completions.create({ model, messages });
  assert.equal(completion.choices[0].message.content, 'one two three');
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.equal(completion.usage.total_tokens, 15);
  assert.match(completion._request_id, /^req_/);

  // Streaming, with usage.
  const options = { stream: true, stream_options: { include_usage: true } };
  let chunks = await all(client.chat.completions.create({ model, messages, ...options }));
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
  assert.equal(text, 'one two three');
  assert.equal(chunks.at(-1).usage.completion_tokens, 3);
  assert.equal(chunks.at(-1).choices.length, 0);

  // Tools, plain and streaming.
  messages = scripted({ tool_call: call });
  completion = await client.chat.completions.create({ model, messages, tools: [weather] });
  const made = completion.choices[0].message.tool_calls[0];
  assert.equal(made.id, 'call_1');
  assert.deepEqual(JSON.parse(made.function.arguments), call.arguments);
  const runner = client.chat.completions.stream({ model, messages, tools: [weather] });
  const final = (await runner.finalChatCompletion()).choices[0];
  assert.equal(final.finish_reason, 'tool_calls');
  assert.equal(final.message.tool_calls[0].function.name, 'get_weather');
  assert.deepEqual(JSON.parse(final.message.tool_calls[0].function.arguments), call.arguments);

  // A failure in mid-stream is an exception, not an end.
  messages = scripted({ chunks: 5, chunk_delay_ms: 30, cut_after: 2 });
  const broken = all(client.chat.completions.create({ model, messages, stream: true }));
  await assert.rejects(broken, (error) => {
    assert.ok(error instanceof OpenAI.APIError, error);
    assert.equal(error.code, 'provider_error');
    return true;
  });
}

// Answers in a form, by each provider's own way.
async function answersInAForm(model) {
  const schema = {
    type: 'object',
    properties: { answer: { type: 'integer' } },
    required: ['answer'],
    additionalProperties: false,
  };
  const json_schema = { name: 'answer', strict: true, schema };
  const response_format = { type: 'json_schema', json_schema };
  const messages = scripted({ text: '{"answer":42}' });
  const request = { model, messages, response_format };
  const plain = await client.chat.completions.create(request);
  const streamed = await client.chat.completions.stream(request).finalChatCompletion();
  for (const { choices } of [plain, streamed]) {
    assert.equal(choices[0].finish_reason, 'stop');
    assert.deepEqual(JSON.parse(choices[0].message.content), { answer: 42 });
  }
}

async function models() {
  const ids = (await all(client.models.list())).map((model) => model.id);
  assert.ok(ids.includes('gpt-4') && ids.includes('claude-3'), ids);
  assert.ok((await client.models.retrieve('gpt-4')).owned_by);
}

async function errors() {
  const messages = [{ role: 'user', content: 'Hello' }];
  const chat = (caller, more) =>
    caller.chat.completions.create({ model: 'gpt-4', messages, ...more });
  const rejects = (promise, kind, fields) =>
    assert.rejects(promise, (error) => {
      assert.equal(error.constructor, kind);
      assert.match(error.requestID, /^req_/);
      for (const [name, value] of Object.entries(fields)) assert.equal(error[name], value);
      return true;
    });
  await rejects(client.models.retrieve('nothing'), OpenAI.NotFoundError, { code: 'not_found' });
  await rejects(chat(withKey('wrong')), OpenAI.AuthenticationError, { code: 'unauthorized' });
  const field = { code: 'invalid_request', param: 'temperature' };
  await rejects(chat(client, { temperature: 3 }), OpenAI.BadRequestError, field);
  const model = { code: 'invalid_model', param: 'model' };
  await rejects(chat(client, { model: 'nothing' }), OpenAI.BadRequestError, model);
  const scoped = withKey(process.env.OPENCLAW_MODELS_KEY);
  await rejects(chat(scoped), OpenAI.PermissionDeniedError, { code: 'forbidden' });
  const limited = withKey(process.env.OPENCLAW_LIMITED_KEY);
  await chat(limited);
  await rejects(chat(limited), OpenAI.RateLimitError, { code: 'rate_limit_exceeded' });
}

async function main() {
  for (const model of ['gpt-4', 'claude-3']) await chats(model);
  for (const model of ['gpt-4', 'claude-3', 'claude-4']) await answersInAForm(model);
  await models();
  await errors();
  console.log('all checks passed');
}

main();
