"""What a fake network may be made of works without a socket: HTTP, WebSockets, plain streams."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientSession, WSMsgType, web

from bridgekit.testing.contract.timing import Time, play


def in_memory(scene: Callable[[], Awaitable[None]]) -> None:
    async def played(_: Time) -> None:
        await scene()

    play(played, sockets=False)


async def served(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 8080).start()
    return runner, "http://127.0.0.1:8080"


def test_a_websocket_carries_both_ways_and_ends_when_it_is_closed():
    async def echo(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"heard {message.data}")
        return socket

    async def scene():
        app = web.Application()
        app.add_routes([web.get("/", echo)])
        runner, url = await served(app)
        async with ClientSession() as http:
            async with http.ws_connect(url) as socket:
                await socket.send_str("one")
                assert await socket.receive_str() == "heard one"
            assert (await socket.receive()).type is WSMsgType.CLOSED
        await runner.cleanup()

    in_memory(scene)


def test_a_webhook_is_called():
    called = []

    async def hook(request):
        called.append(await request.json())
        return web.Response()

    async def scene():
        app = web.Application()
        app.add_routes([web.post("/hook", hook)])
        runner, url = await served(app)
        async with ClientSession() as http, http.post(f"{url}/hook", json={"a": 1}) as response:
            assert response.status == 200
        await runner.cleanup()

    in_memory(scene)
    assert called == [{"a": 1}]


def test_streams_carry_lines_and_show_their_end():
    async def serve(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    async def scene():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        assert await reader.read() == b"hello\n"
        writer.close()
        server.close()

    in_memory(scene)
