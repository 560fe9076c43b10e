// Workers KV as far as workerd's binding asks for it: values and their metadata, in memory.
const values = new Map();
export default {
  async fetch(request, env) {
    if (values.size === 0) values.set("config", { value: new TextEncoder().encode(env.CONFIG) });
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
    switch (request.method) {
      case "GET": {
        const found = values.get(key);
        if (!found) return new Response(null, { status: 404 });
        const headers = found.metadata ? { "cf-kv-metadata": found.metadata } : {};
        return new Response(found.value, { headers });
      }
      case "PUT": {
        const metadata = request.headers.get("cf-kv-metadata");
        values.set(key, { value: await request.arrayBuffer(), metadata });
        return new Response(null);
      }
      case "DELETE":
        values.delete(key);
        return new Response(null);
      default:
        return new Response(null, { status: 405 });
    }
  },
};
