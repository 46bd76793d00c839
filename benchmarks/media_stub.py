"""The homeserver of the media benchmark: takes any upload, serves zeros, keeps nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from benchmarks.child import serve

PIECE = 1 << 16


async def _config(_: web.Request) -> web.Response:
    return web.json_response({"m.upload.size": 1 << 40})


async def _upload(request: web.Request) -> web.Response:
    taken = 0
    async for piece in request.content.iter_chunked(PIECE):
        taken += len(piece)
    return web.json_response({"content_uri": f"mxc://example.org/{taken}"})


async def _download(request: web.Request) -> web.StreamResponse:
    """As many zeros as the media ID says."""
    size = int(request.match_info["id"])
    response = web.StreamResponse(headers={"Content-Length": str(size)})
    await response.prepare(request)
    for start in range(0, size, PIECE):
        await response.write(bytes(min(PIECE, size - start)))
    return response


async def main() -> None:
    app = web.Application(client_max_size=1 << 40)
    app.router.add_get("/_matrix/client/v1/media/config", _config)
    app.router.add_post("/_matrix/media/v3/upload", _upload)
    app.router.add_get("/_matrix/client/v1/media/download/{server}/{id}", _download)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    async def where() -> dict[str, Any]:
        return {"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}

    try:
        await serve({"where": where})
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
