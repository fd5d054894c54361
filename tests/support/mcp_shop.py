"""A shop that speaks MCP: by `stdio`, or by `http` or `sse` on a port that it prints."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import Any

from mcp.server import MCPServer

KEY = "shop-secret-1"

shop = MCPServer("shop")


@shop.tool()
def find_order(number: int) -> str:
    """Find an order by its {{ number }}."""
    return f"Order {number}: two lamps."


@shop.tool()
def cancel_order(number: int) -> str:
    """Cancel an order."""
    if number == 13:
        raise ValueError(f"order {number} was sent already, {KEY} says so")
    return "Cancelled."


@shop.tool()
def everything() -> str:
    """Say very much."""
    return "lamp " * 100_000


@shop.tool()
def key() -> str:
    """Tell what nobody may see."""
    return f"The key is {os.environ.get('SHOP_KEY', KEY)}."


@shop.tool()
async def hang() -> str:
    """Never answer."""
    await asyncio.Event().wait()
    return ""


@shop.tool()
def die() -> str:
    """Go away in the middle."""
    os._exit(1)


def guarded(app: Any) -> Any:
    """The same for those who prove who they are."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "http" and given != f"Bearer {KEY}".encode():
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return answer


def main(transport: str) -> None:
    if transport == "stdio":
        shop.run("stdio")
        return
    import uvicorn  # noqa: PLC0415 - a program needs none

    app = shop.sse_app() if transport == "sse" else shop.streamable_http_app()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(guarded(app), log_level="critical", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
