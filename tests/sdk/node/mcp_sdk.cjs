// The official MCP SDKs against `POST /mcp`: version 1, which begins with a handshake, and version 2.
const assert = require('node:assert/strict');
const older = {
  ...require('@modelcontextprotocol/sdk/client/index.js'),
  ...require('@modelcontextprotocol/sdk/client/streamableHttp.js'),
};
const newer = require('@modelcontextprotocol/client');

const url = new URL(process.env.OPENCLAW_BASE_URL + '/mcp');
const headers = { authorization: 'Bearer ' + process.env.OPENCLAW_API_KEY };

async function check({ Client, StreamableHTTPClientTransport }, options, call) {
  const client = new Client({ name: 'suite', version: '1' }, options);
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
  await client.connect(transport);
  assert.equal(client.getServerVersion().name, 'openclaw-api');
  const { tools } = await client.listTools();
  const look = tools.find((tool) => tool.name === 'finder__look');
  assert.deepEqual(look.inputSchema.required, ['topic']);
  assert.ok(tools.some((tool) => tool.name === 'weather-skill__get'));

  let result = await client.callTool({ name: 'finder__look', arguments: { topic: 'owls' } });
  assert.ok(!result.isError);
  assert.deepEqual(result.structuredContent, { topic: 'owls', found: 'mock' });
  result = await client.callTool({ name: 'finder__fail', arguments: {} });
  assert.ok(result.isError && result.content[0].text.includes('404'), result);
  const nothing = client.callTool({ name: 'finder__nothing', arguments: {} });
  await assert.rejects(nothing, (error) => {
    assert.equal(error.code, -32602);
    return true;
  });
  await client.close();
  return transport.protocolVersion ?? client.getNegotiatedProtocolVersion?.();
}

async function main() {
  assert.equal(await check(older, {}), '2025-11-25');
  const auto = { versionNegotiation: { mode: 'auto' } };
  assert.equal(await check(newer, auto), '2026-07-28');
  console.log('all checks passed');
}

main();
