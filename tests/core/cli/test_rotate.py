"""`bridgekit registration rotate` says what is next, by what the bridge and the homeserver know."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from aiohttp import web
from typer.testing import Result

from bridgekit.cli.options import load
from bridgekit.configuration.registration import build
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Run, registration
from tests.core.cli.instead import answering, served
from tests.core.cli.seen import rewrite

PING = "/_matrix/app/v1/ping"


async def rotate(bridgekit: Run, config: Path) -> Result:
    return await asyncio.to_thread(bridgekit, "registration", "rotate", "-c", config)


def with_next(config: Path, printed: str) -> None:
    """As the operator does what step 1 says."""
    lines = re.findall(r"(?m)^  (?:as|hs)_token_next: [0-9a-f]{64}$", printed)
    assert len(lines) == 2, printed
    added = "\n".join(lines)
    rewrite(config, lambda text: text.replace("appservice:\n", f"appservice:\n{added}\n", 1))


async def test_the_two_steps(bridgekit: Run, homeserver: FakeHomeserver, connected: Path) -> None:
    homeserver.load_registration(registration(connected))
    first = await rotate(bridgekit, connected)
    assert first.exit_code == 0
    assert "Step 1 of 2" in first.stdout
    with_next(connected, first.stdout)
    early = await rotate(bridgekit, connected)
    assert early.exit_code == 4
    assert "The homeserver does not know the new tokens yet (HTTP 401" in early.stderr
    homeserver.load_registration(build(load(connected)).fields())
    second = await rotate(bridgekit, connected)
    assert second.exit_code == 0
    settings = load(connected).appservice
    assert f"\n  as_token: {settings.as_tokens[1]}\n" in second.stdout
    assert f"\n  hs_token: {settings.hs_tokens[1]}\n" in second.stdout


async def test_what_is_to_be_typed_next_is_for_this_configuration(
    bridgekit: Run, connected: Path
) -> None:
    said = (await rotate(bridgekit, connected)).stdout
    file = connected.with_name("registration.yaml")
    assert f"registration print -c {connected} > {file}\n" in said
    assert f"registration rotate -c {connected}\n" in said


def knowing(*tokens: str) -> web.Application:
    """A bridge that takes these tokens."""

    async def answer(request: web.Request) -> web.Response:
        given = request.headers["Authorization"].removeprefix("Bearer ")
        return web.json_response({}, status=200 if given in tokens else 403)

    app = web.Application()
    app.router.add_post(PING, answer)
    return app


async def test_a_bridge_that_was_not_restarted_is_noticed(bridgekit: Run, connected: Path) -> None:
    with_next(connected, (await rotate(bridgekit, connected)).stdout)
    async with served(answering(PING, 403), connected, "bridge"):
        assert "knows other tokens" in (await rotate(bridgekit, connected)).stderr
    (present, _) = load(connected).appservice.hs_tokens
    async with served(knowing(present), connected, "bridge"):
        result = await rotate(bridgekit, connected)
    assert result.exit_code == 4
    assert "does not know the new tokens yet: restart it first" in result.stderr


async def test_without_a_secret_it_says_what_to_do_first(bridgekit: Run, connected: Path) -> None:
    rewrite(connected, lambda text: re.sub(r"(?m)^  secret:.*\n", "", text))
    result = await rotate(bridgekit, connected)
    assert result.exit_code == 3
    assert "appservice.secret: is missing" in result.stderr
    assert "old_encryption_keys" in result.stderr
