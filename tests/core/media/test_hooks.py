"""Webhooks of adapters: called by networks, not by homeservers."""

from __future__ import annotations

from io import BytesIO

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bridgekit import ConfigError
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.web.hooks import EVERY
from bridgekit.webhooks import Webhooks
from tests.core.media.conftest import NETWORK, Files


async def echo(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.match_info.get('id', '')}:{await request.text()}")


async def post(files: Files, url: str, data: bytes = b"ping") -> tuple[int, str]:
    async with files.session.post(files.here(url), data=BytesIO(data)) as response:
        return response.status, await response.text()


async def test_a_webhook_is_served_at_its_public_url(files: Files) -> None:
    routes = [web.post("", echo), web.post("/status/{id}", echo)]
    url = files.webhooks.mount(NETWORK, routes, lambda: True)
    assert url == "https://bridge.example.org/_bridgekit/hooks/pager"
    assert await post(files, url) == (200, ":ping")
    assert await post(files, f"{url}/status/7") == (200, "7:ping")
    assert (await post(files, f"{url}/other"))[0] == 404
    async with files.session.get(files.here(url)) as response:
        assert response.status == 405


async def test_a_webhook_opens_when_its_network_is_at_work(files: Files) -> None:
    entered = False
    url = files.webhooks.mount(NETWORK, [web.post("", echo)], lambda: entered)
    assert (await post(files, url))[0] == 503
    entered = True
    assert (await post(files, url))[0] == 200


async def test_a_handler_that_raises_answers_500_without_saying_why(files: Files) -> None:
    async def fails(_: web.Request) -> web.Response:
        raise RuntimeError("secret")

    status, text = await post(files, files.webhooks.mount(NETWORK, [web.post("", fails)], _open))
    assert status == 500
    assert "secret" not in text


async def test_a_handler_may_refuse_in_its_own_way(files: Files) -> None:
    async def forbids(_: web.Request) -> web.Response:
        raise web.HTTPForbidden(text="bad signature")

    url = files.webhooks.mount(NETWORK, [web.post("", forbids)], _open)
    assert await post(files, url) == (403, "bad signature")


@pytest.mark.parametrize("raised", [False, True])
async def test_a_call_that_is_not_the_networks_own_is_counted(
    files: Files, *, raised: bool
) -> None:
    async def answers(request: web.Request) -> web.Response:
        if raised:
            raise web.HTTPUnauthorized
        return web.Response(status=int(await request.text()))

    url = files.webhooks.mount(NETWORK, [web.post("", answers)], _open)
    for status in (b"401", b"403", b"200", b"400", b"500"):
        await post(files, url, status)
    counted = {(NETWORK, Direction.TO_MATRIX, Reason.FORGED): 5 if raised else 2}
    assert files.status.counts == counted


async def test_refused_calls_are_said_in_the_log_at_once_and_then_now_and_again(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(_: web.Request) -> web.Response:
        return web.Response(status=401)

    now = [0.0]
    monkeypatch.setattr(files.clock, "monotonic", lambda: now[0])
    url = files.webhooks.mount(NETWORK, [web.post("", refuses)], _open)
    with capture_logs() as lines:
        for now[0] in (0.0, EVERY / 3, EVERY / 2, EVERY, EVERY * 1.5):
            await post(files, url)
    said = [(one["log_level"], one["network"], one["calls"]) for one in lines]
    assert said == [("warning", NETWORK, 1), ("warning", NETWORK, 3)]


async def test_a_call_that_is_too_large_is_refused(files: Files) -> None:
    url = files.webhooks.mount(NETWORK, [web.post("", echo)], _open)
    assert (await post(files, url, b"x" * (5 << 20)))[0] == 413


async def test_a_network_that_mounts_nothing_is_not_there(files: Files) -> None:
    assert (await post(files, f"{files.url}/_bridgekit/hooks/other"))[0] == 404


async def test_a_network_that_is_entered_anew_mounts_anew(files: Files) -> None:
    async def second(_: web.Request) -> web.Response:
        return web.Response(text="second")

    files.webhooks.mount(NETWORK, [web.post("", echo)], _open)
    url = files.webhooks.mount(NETWORK, [web.post("", second)], _open)
    assert await post(files, url) == (200, "second")


def test_a_webhook_needs_a_public_url() -> None:
    with pytest.raises(ConfigError, match=r"appservice\.public_url is missing: the network pager"):
        Webhooks(None).mount(NETWORK, [], _open)


def _open() -> bool:
    return True
