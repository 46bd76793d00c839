"""`bridgekit doctor` and the homeserver, in both directions, with what operators get wrong."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from ruamel.yaml import YAML

from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.servers import free_port
from tests.core.cli.conftest import Doctor, flat, registration, replace
from tests.core.cli.instead import answering, served
from tests.core.cli.seen import found

PING = "/_matrix/app/v1/ping"
CERTIFICATE = Path(__file__).parents[2] / "adapters/irc/scripted/localhost.pem"


async def test_a_homeserver_that_is_down_is_said_and_the_rest_still_checked(
    doctor: Doctor, homeserver: FakeHomeserver
) -> None:
    await homeserver.stop()
    text = flat((await doctor()).stdout)
    assert "cannot be reached: Connection refused. Check homeserver.url" in text
    assert "The tower high stands." in text
    await homeserver.start()


async def test_a_website_is_no_homeserver(doctor: Doctor, connected: Path) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>Welcome!</html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{tail:.*}", page)
    async with served(app, connected, "homeserver"):
        text = flat((await doctor()).stdout)
    assert "answers, but not as a Matrix homeserver does (HTTP 200)." in text
    assert "without /_matrix" in text


@pytest.mark.parametrize(
    ("encrypts", "why", "fix"),
    [
        (True, "its certificate is not trusted here (self", "update-ca-certificates"),
        (False, "what listens there speaks no TLS", "Write http:// in place of https://"),
    ],
)
async def test_what_is_wrong_with_tls_is_said_as_such(
    doctor: Doctor,
    connected: Path,
    homeserver: FakeHomeserver,
    *,
    encrypts: bool,
    why: str,
    fix: str,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    runner, port = web.AppRunner(web.Application()), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context if encrypts else None).start()
    replace(connected, homeserver.url, f"https://localhost:{port}")
    try:
        one = (await found(doctor))["address-unreachable"]
    finally:
        await runner.cleanup()
    assert why in one["text"]
    assert fix in one["fix"]


async def test_a_token_that_the_homeserver_does_not_know_is_said(doctor: Doctor) -> None:
    result = await doctor()
    assert result.exit_code == 4
    assert "does not know appservice.as_token" in flat(result.stdout)
    assert "Restart the homeserver, every worker included" in flat(result.stdout)
    assert "[not-restarted]" in result.stdout


async def test_a_wrong_token_does_not_make_it_another_kind_of_server(
    doctor: Doctor, connected: Path
) -> None:
    async def like_synapse(request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            return web.json_response({"errcode": "M_UNKNOWN_TOKEN"}, status=401)
        return web.json_response({"versions": ["v1.1"]})

    app = web.Application()
    app.router.add_get("/_matrix/{tail:.*}", like_synapse)
    async with served(app, connected, "homeserver"):
        text = flat((await doctor()).stdout)
    assert "answers, and speaks Matrix up to v1.1." in text
    assert "does not know appservice.as_token" in text


async def test_another_bot_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected, sender_localpart="other"))
    text = flat((await doctor()).stdout)
    assert "The homeserver takes the bridge for @other:example.org, the configuration" in text
    assert "Print it with `bridgekit registration print`" in text
    assert "[other-bot]" in text


@pytest.mark.parametrize(
    ("changes", "what", "fix"),
    [
        ({"url": None}, "The homeserver's registration has no url", "Print it with"),
        ({"id": "other"}, "registration has another id than bridgekit.", "Print it with"),
        ({"hs_token": "other"}, "refuses the homeserver's hs_token (403).", "Print it with"),
        ({"url": "http://127.0.0.1:9"}, "The homeserver cannot connect to", "in a container"),
    ],
)
async def test_a_way_back_that_is_closed_is_explained(
    doctor: Doctor,
    homeserver: FakeHomeserver,
    connected: Path,
    changes: dict[str, Any],
    what: str,
    fix: str,
) -> None:
    homeserver.load_registration(registration(connected, **changes))
    result = await doctor()
    text = flat(result.stdout)
    assert result.exit_code == 4
    assert what in text
    assert fix in text[text.index(what) :]


async def test_a_homeserver_without_ping_is_a_warning(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    homeserver.fail("POST", "/ping", status=404, errcode="M_UNRECOGNIZED")
    result = await doctor()
    assert result.exit_code == 0
    assert "! The homeserver knows no ping" in flat(result.stdout)


async def test_events_that_arrive_during_the_check_are_left_to_the_homeserver(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    alice = homeserver.person("alice")
    await alice.create_room(invite=["@bridgebot:example.org"])
    assert (await doctor()).exit_code == 0
    assert homeserver.delivered() == []


async def test_a_running_bridge_is_recognised(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    async with served(answering(PING, 200), connected, "bridge"):
        result = await doctor()
    assert result.exit_code == 0
    assert "The bridge runs and listens on 127.0.0.1:" in flat(result.stdout)
    assert "It reaches the bridge at" in flat(result.stdout)


async def test_a_bridge_on_a_unix_socket_is_recognised(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, tmp_path: Path
) -> None:
    homeserver.load_registration(registration(connected))
    listen = YAML(typ="safe").load(connected)["appservice"]["listen"]
    replace(connected, f'listen: "{listen}"', f"listen: unix:{tmp_path}/s")
    async with served(answering(PING, 200), connected, "bridge"):
        result = await doctor()
    assert f"The bridge runs and listens on unix:{tmp_path}/s." in flat(result.stdout)


@pytest.mark.parametrize(
    ("app", "sentence"),
    [
        (answering(PING, 403), "A bridge with another hs_token listens on 127.0.0.1:"),
        (answering("/elsewhere", 200), "Another program listens on 127.0.0.1:"),
    ],
)
async def test_another_program_on_our_address_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, app: web.Application, sentence: str
) -> None:
    homeserver.load_registration(registration(connected))
    async with served(app, connected, "bridge"):
        result = await doctor()
    assert result.exit_code == 4
    assert sentence in flat(result.stdout)


async def test_an_address_that_is_not_ours_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    listen = YAML(typ="safe").load(connected)["appservice"]["listen"]
    replace(connected, f'listen: "{listen}"', "listen: unix:/nowhere/at/all")
    text = flat((await doctor()).stdout)
    assert "appservice.listen: cannot listen there: No such file or directory" in text
