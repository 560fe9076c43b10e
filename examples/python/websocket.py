"""Two chats at once on one connection."""

import asyncio
import os

import openclaw

MODEL = os.environ.get("OPENCLAW_MODEL", "gpt-4")


async def main() -> None:
    async with openclaw.AsyncClient(api_key=os.environ["OPENCLAW_API_KEY"]) as client, client.ws.connect() as ws:
        whole = ws.chat(model=MODEL, messages=[{"role": "user", "content": "Hello"}])
        async for frame in ws.chat(model=MODEL, messages=[{"role": "user", "content": "Tell me a story"}], stream=True):
            if frame.type == "chat_chunk":
                print(frame.content, end="", flush=True)
        print()
        print((await whole).content)


asyncio.run(main())
