"""Programs that stand where the homeserver, or a running bridge, would be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from ruamel.yaml import YAML

from bridgekit.testing.servers import free_port
from tests.core.cli.conftest import replace


@asynccontextmanager
async def served(app: web.Application, config: Path, section: str) -> AsyncIterator[None]:
    """`app` in the place of the homeserver, or of the bridge, of this configuration."""
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await _site(runner, config, section).start()
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def started_server(app: web.Application) -> AsyncIterator[str]:
    """`app` on a free port; yields its URL."""
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", free_port())
    try:
        await site.start()
        yield site.name
    finally:
        await runner.cleanup()


def _site(runner: web.AppRunner, config: Path, section: str) -> web.BaseSite:
    settings = YAML(typ="safe").load(config)
    if section == "homeserver":
        site = web.TCPSite(runner, "127.0.0.1", free_port())
        replace(config, settings["homeserver"]["url"], site.name)
        return site
    host, _, port = settings["appservice"]["listen"].partition(":")
    return web.UnixSite(runner, port) if host == "unix" else web.TCPSite(runner, host, int(port))


def answering(path: str, status: int) -> web.Application:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({}, status=status)

    app = web.Application()
    app.router.add_post(path, answer)
    return app
