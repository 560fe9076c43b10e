// One case of sdks/cases.json against the scripted server, on whatever runs JavaScript: nothing here is Node's.

let sdk;
let server;
let webSocket;

/** Tells which build of the library is tested, where the server remembers its calls, and whose WebSocket is used. */
export function prepare(setting) {
  ({ sdk, server, webSocket } = setting);
}

function ok(holds, about) {
  if (!holds) throw new Error(`it does not hold: ${about ?? ''}`);
}

function equal(is, want, about = '') {
  if (is !== want) throw new Error(`${JSON.stringify(is)} is not ${JSON.stringify(want)} ${about}`);
}

/** Runs it in all its variants; throws what is wrong. */
export async function run(one) {
  if (!one.variants) return runVariant(one, '-');
  const length = Number(await ask(one, '-', 'length'));
  ok(length > 100);
  for (let n = 0; n <= length; n++) await runVariant(one, `${one.variants}-${n}`, n === length);
}

const ask = async (one, variant, what) => (await fetch(`${server}/${one.id}/${variant}/${what}`)).text();

async function runVariant(one, variant) {
  const began = performance.now();
  const tokens = [...(one.client?.tokens ?? [])];
  const client = new sdk.OpenClawClient({
    apiKey: tokens.length ? () => tokens.shift() : 'oc_test_cases',
    baseURL: `${server}/${one.id}/${variant}/v1`,
    webSocket,
  });
  let outcome;
  for (let n = 0; n < (one.repeat ?? 1); n++) outcome = await outcomeOf(one, client);
  const seconds = (performance.now() - began) / 1000;
  equal(await ask(one, variant, 'faults'), '[]');
  check(outcome, one, variant);
  const [least, most] = one.seconds ?? [0, 30];
  ok(least <= seconds && seconds <= most, `it took ${seconds} s`);
}

async function outcomeOf(one, client) {
  try {
    return await perform(one, client);
  } catch (error) {
    return { error };
  }
}

function check(outcome, one, variant) {
  const want = one.outcome;
  if (variant.startsWith('cut-') && outcome.error) {
    // What was cut is told as cut, with a beginning of the text.
    equal(outcome.error.name, 'StreamInterruptedError', outcome.error.stack);
    ok(want.text.startsWith(outcome.error.partial));
    return;
  }
  if (want.error) return checkError(outcome.error, want);
  if (outcome.error) throw outcome.error;
  if ('value' in want) contains(outcome.value, want.value);
  if (want.request_id) equal(outcome.value._requestId, want.request_id);
  for (const name of ['text', 'chunks', 'cost']) if (name in want) equal(outcome[name], want[name]);
  if (want.length) equal(outcome.text.length, want.length);
  if (want.response) {
    const { status, requestId, rateLimit, provider, attempts, cache } = outcome.response;
    contains({ status, request_id: requestId, rate_limit: rateLimit, provider, attempts, cache }, want.response);
  }
}

function checkError(error, want) {
  ok(error instanceof sdk[want.error], `${error?.stack ?? 'no error'}`);
  ok(error instanceof sdk.OpenClawError);
  if (want.error !== 'OpenClawError') equal(error.name, want.error);
  const { status, code, param, details, requestId, retryAfter, partial, message } = error;
  const is = { status, code, param, details, request_id: requestId, retry_after: retryAfter, partial };
  for (const name in is) if (name in want) contains(is[name], want[name]);
  if (want.message) ok(pattern(want.message).test(message), message);
  if (want.without) ok(!`${error.stack}`.includes(want.without), message);
}

/** `~` begins a pattern, and `(?i)` in it means that case does not matter. */
function pattern(text) {
  const [, flag, source] = /^~(\(\?i\))?(.*)$/.exec(text);
  return new RegExp(source, flag ? 'i' : '');
}

function contains(is, want) {
  if (want === null || typeof want !== 'object') return equal(is ?? null, want);
  if (Array.isArray(want)) equal(is?.length, want.length, JSON.stringify(is));
  for (const key in want) contains(is?.[key], want[key]);
}

const chat = (text, more) =>
  typeof text === 'string' ? { model: 'gpt-4', messages: [{ role: 'user', content: text }], ...more } : text;

function optionsOf({ options = {} }) {
  const { timeout, total, max_retries, headers, idempotency_key, abort_after } = options;
  const abort = abort_after && new AbortController();
  if (abort) setTimeout(() => abort.abort(), abort_after * 1000);
  return {
    ...(timeout && { timeout: timeout * 1000 }),
    ...(total && { timeout: { total: total * 1000 } }),
    ...(max_retries !== undefined && { maxRetries: max_retries }),
    ...(headers && { headers }),
    ...(idempotency_key && { idempotencyKey: idempotency_key }),
    ...(abort && { signal: abort.signal }),
  };
}

async function perform(one, client) {
  const call = one.do;
  const options = optionsOf(one);
  if (call.create) {
    const promise = client.chat.completions.create(chat(call.create), options);
    if (!one.with_response) return { value: await promise };
    const { data, response } = await promise.withResponse();
    return { value: data, response };
  }
  if (call.stream) {
    const stream = client.chat.completions.stream(chat(call.stream), options);
    if (call.final) return { value: await stream.final() };
    let [text, chunks] = ['', 0];
    for await (const chunk of stream) {
      text += chunk.choices?.[0]?.delta?.content ?? '';
      if (++chunks === call.take) break;
    }
    return { text, chunks, cost: stream.usage?.cost };
  }
  if (call.batch)
    return {
      value: await client.chat.completions.batch(
        call.batch.map((text) => chat(text)),
        options,
      ),
    };
  if (call.get) return { value: await client[call.get[0]].get(call.get[1], options) };
  if (call.guardrails === 'get') return { value: await client.guardrails.get(options) };
  if (call.guardrails) return { value: await client.guardrails.set({ guardrails: call.guardrails }, options) };
  if (call.request) return { value: await client.request(...call.request, options) };
  if (call.list) {
    const list = client[call.list].list(call.params, options);
    if (call.page) return { value: (await list.page()).data.map(({ id }) => id) };
    const ids = [];
    for await (const { id } of list) if (ids.push(id) === call.take) break;
    return { value: ids };
  }
  if (call.execute) return { value: await client.skills.execute(...call.execute, options) };
  if (call.run) return { value: await client.workflows.run(...call.run, options) };
  if (call.wait_run) return { value: await client.runs.wait(call.wait_run, options) };
  if (call.wait_file) return { value: await client.files.wait(call.wait_file, options) };
  if (call.content) return { text: await (await client.files.content(call.content, options)).text() };
  if (call.token) return { value: await client.auth.token({ expires_in: call.token }, options) };
  if (call.events) {
    const steps = [];
    for await (const event of client.runs.events(call.events, options)) steps.push(event.step ?? null);
    return { value: steps };
  }
  if (call.upload) {
    const { filename, purpose, text, size } = call.upload;
    const file = text ?? new Uint8Array(size);
    return { value: await client.files.upload(file, { filename, purpose }, options) };
  }
  if (call.verify) return { value: await verify(client, call.verify) };
  return { value: await socketCalls(one, client) };
}

async function verify(client, { body, sent, secret, secrets, before = '', age = 0, without }) {
  const timestamp = String(Math.floor(Date.now() / 1000) - age);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const bytes = Uint8Array.from(atob(secret.slice('whsec_'.length)), (sign) => sign.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign']);
  const signed = await crypto.subtle.sign(hmac, key, new TextEncoder().encode(`msg_1.${timestamp}.${body}`));
  const signature = btoa(String.fromCharCode(...new Uint8Array(signed)));
  const headers = {
    'Webhook-Id': 'msg_1',
    'webhook-timestamp': timestamp,
    'webhook-signature': `${before}v1,${signature}`,
  };
  if (without) delete headers['Webhook-Id'];
  return client.webhooks.verify(new TextEncoder().encode(sent ?? body), headers, secrets ?? secret);
}

async function socketCalls(one, client) {
  const { ping_interval, pong_timeout } = one.options ?? {};
  const ws = await client.ws.connect({
    ...(ping_interval && { pingInterval: ping_interval * 1000, pongTimeout: pong_timeout * 1000 }),
  });
  const results = [];
  for (const each of one.do.ws) {
    if (each.after !== undefined) await results[each.after];
    const call = each.chat
      ? ws.chat(chat(each.chat, each.stream && { stream: true }))
      : each.skill
        ? ws.skill(...each.skill)
        : ws.workflow(...each.workflow);
    results.push(frames(call, each.take));
  }
  try {
    return await Promise.all(results);
  } finally {
    ws.close();
  }
}

async function frames(call, take) {
  const types = [];
  try {
    for await (const { type } of call) if (types.push(type) === take) return { frames: types };
    const { content, result } = await call;
    return { frames: types, content, result };
  } catch (error) {
    ok(error instanceof sdk.OpenClawError, error.stack);
    return { error: error.name, code: error.code, partial: error.partial };
  }
}
