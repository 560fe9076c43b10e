// Answers as the upstream would, at once: what stands before it is all that a row with it costs.
const usage = { prompt_tokens: 9, completion_tokens: 64, total_tokens: 73 };
const content = "word ".repeat(64);
const message = { role: "assistant", content };
const plain = JSON.stringify({ id: "chatcmpl-1", object: "chat.completion", model: "bench", choices: [{ index: 0, message, finish_reason: "stop" }], usage });
const delta = { id: "chatcmpl-1", object: "chat.completion.chunk", model: "bench", choices: [{ index: 0, delta: { content: "word " }, finish_reason: null }] };
const stream = new TextEncoder().encode(`data: ${JSON.stringify(delta)}\n\n`.repeat(64) + "data: [DONE]\n\n");
export default {
  async fetch(request) {
    const asked = await request.text();
    if (!asked.includes('"stream":true')) {
      return new Response(plain, { headers: { "content-type": "application/json" } });
    }
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    writer.write(stream).then(() => writer.close());
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  },
};
