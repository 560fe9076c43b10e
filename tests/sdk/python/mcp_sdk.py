"""The official MCP SDK against `POST /mcp`, by each kind of revision."""

import asyncio
import os

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

URL = os.environ["OPENCLAW_BASE_URL"] + "/mcp"
HEADERS = {"authorization": "Bearer " + os.environ["OPENCLAW_API_KEY"]}


async def check(mode, revision):
    async with httpx2.AsyncClient(headers=HEADERS, timeout=20) as http:
        transport = streamable_http_client(URL, http_client=http)
        async with Client(transport, mode=mode) as client:
            assert client.protocol_version == revision, client.protocol_version
            # Whoever pins the revision asks nothing first.
            assert mode == revision or client.server_info.name == "openclaw-api"
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert {"weather-skill__get", "finder__look", "finder__fail"} <= set(tools), tools
            schema = tools["finder__look"].input_schema
            assert schema["required"] == ["topic"], schema

            result = await client.call_tool("finder__look", {"topic": "owls"})
            assert not result.is_error, result
            assert result.structured_content == {"topic": "owls", "found": "mock"}, result
            assert '"found":"mock"' in result.content[0].text, result

            # What fails is told to the model, as are arguments that are wrong.
            result = await client.call_tool("finder__fail", {})
            assert result.is_error and "404" in result.content[0].text, result
            result = await client.call_tool("finder__look", {"topic": 7})
            assert result.is_error and "parameters.topic" in result.content[0].text, result

            try:
                await client.call_tool("finder__nothing", {})
                raise AssertionError("there is no such tool")
            except MCPError as error:
                assert error.code == -32602, error


async def main():
    await check("legacy", "2025-11-25")
    await check("auto", "2026-07-28")
    await check("2026-07-28", "2026-07-28")


asyncio.run(main())
print("all checks passed")
