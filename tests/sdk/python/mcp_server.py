"""A server made with the official MCP SDK, on a free port of the loopback, which it prints.

It speaks the stateless revision and those before; whoever has no token gets nothing.
"""

import asyncio
import socket

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

TOKEN = "Bearer the-token-of-the-peer"
server = MCPServer("peer")


@server.tool()
def add(a: int, b: int) -> dict[str, int]:
    """Adds two numbers."""
    return {"sum": a + b}


@server.tool()
def refuse() -> str:
    """Never works."""
    raise ToolError("the peer does not want to")


@server.tool()
async def dawdle() -> str:
    """Takes a minute."""
    await asyncio.sleep(60)
    return "late"


@server.tool()
def grow() -> str:
    """Has another tool from now on."""

    def more(word: str) -> str:
        """Says a word twice."""
        return word * 2

    server.add_tool(more, name="more")
    return "grown"


app = server.streamable_http_app()


async def guarded(scope, receive, send):
    headers = dict(scope.get("headers", []))
    if scope["type"] == "http" and headers.get(b"authorization") != TOKEN.encode():
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b"no token"})
        return
    await app(scope, receive, send)


listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(guarded, log_level="warning")).run(sockets=[listener])
