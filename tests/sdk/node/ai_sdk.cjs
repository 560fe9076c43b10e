// Vercel's AI SDK against the gateway, over both dialects of providers: text, objects, tools, plain and streaming.
const assert = require('node:assert/strict');
const { createOpenAI } = require('@ai-sdk/openai');
const { createOpenAICompatible } = require('@ai-sdk/openai-compatible');
const { APICallError, Output, generateText, isStepCount, streamText, tool } = require('ai');
const { z } = require('zod');

const settings = { baseURL: process.env.OPENCLAW_BASE_URL, apiKey: process.env.OPENCLAW_API_KEY };
const openai = createOpenAI(settings);
const compatible = createOpenAICompatible({
  ...settings,
  name: 'openclaw',
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const prompt = (script) => JSON.stringify({ upstream: script });
const usage = { prompt_tokens: 12, completion_tokens: 3 };
const weather = tool({
  inputSchema: z.object({ location: z.string() }),
  execute: async ({ location }) => ({ location, degrees: 15 }),
});
const call = (id, location) => ({ id, name: 'weather', arguments: { location } });

async function texts(model) {
  const request = { model, prompt: prompt({ text: 'one two three', usage }) };
  const plain = await generateText(request);
  const stream = streamText(request);
  for (const answer of [plain, stream]) {
    assert.equal(await answer.text, 'one two three');
    assert.equal(await answer.finishReason, 'stop');
    const { inputTokens, outputTokens } = await answer.usage;
    assert.deepEqual([inputTokens, outputTokens], [12, 3]);
  }
}

async function objects(model) {
  const schema = z.object({ answer: z.number() });
  const request = {
    model,
    prompt: prompt({ text: '{"answer":42}' }),
    output: Output.object({ schema }),
  };
  assert.deepEqual((await generateText(request)).output, { answer: 42 });
  assert.deepEqual(await streamText(request).output, { answer: 42 });
}

// Two calls side by side, answered by the SDK, whose answers the second step carries.
async function tools(model) {
  const script = {
    tool_call: call('call_1', 'Paris'),
    more_calls: [call('call_2', 'Rome')],
    then: { text: 'done' },
  };
  const request = {
    model,
    prompt: prompt(script),
    tools: { weather },
    stopWhen: isStepCount(3),
  };
  for (const answer of [await generateText(request), streamText(request)]) {
    const steps = await answer.steps;
    assert.equal(steps.length, 2);
    const places = steps[0].toolResults.map((result) => result.output.location);
    assert.deepEqual(places, ['Paris', 'Rome']);
    assert.equal(await answer.text, 'done');
  }
}

async function failures(model) {
  const refused = generateText({ model, prompt: 'Hello', temperature: 3, maxRetries: 0 });
  await assert.rejects(refused, (error) => {
    assert.ok(APICallError.isInstance(error), error);
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /temperature/);
    return true;
  });
  const errors = [];
  const cut = streamText({
    model,
    prompt: prompt({ chunks: 5, chunk_delay_ms: 30, cut_after: 2 }),
    onError: ({ error }) => errors.push(error),
  });
  await cut.consumeStream();
  assert.equal(errors.length, 1, 'a stream that was cut looks whole');
}

async function main() {
  for (const id of ['gpt-4', 'claude-3']) {
    for (const model of [openai.chat(id), compatible(id)]) {
      await texts(model);
      await objects(model);
      await tools(model);
      await failures(model);
    }
  }
  console.log('all checks passed');
}

main();
