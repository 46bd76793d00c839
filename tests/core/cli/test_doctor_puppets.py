"""`bridgekit doctor` and double puppets, and the registration that they need."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from ruamel.yaml import YAML

from bridgekit.cli.options import load
from bridgekit.ids import UserID
from bridgekit.puppets.puppets import place_of
from bridgekit.sealing import Sealing
from bridgekit.store.puppets import PuppetRow, save_puppet
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, Run, flat, registration
from tests.core.cli.instead import started_server
from tests.core.cli.seen import found, rewrite

TOKEN = "token-of-the-puppets"


@pytest.fixture
def puppets(connected: Path) -> Path:
    """A configuration with puppets, which names alice."""
    text = connected.read_text()
    connected.write_text(f"{text}\ndouble_puppets: {{example.org: {{as_token: {TOKEN}}}}}\n")
    return connected


def of_puppets(bridgekit: Run, config: Path) -> dict[str, object]:
    printed = bridgekit("registration", "--puppets", "example.org", "-c", config)
    found: dict[str, object] = YAML(typ="safe").load(printed.stdout)
    return found


@pytest.mark.usefixtures("puppets")
async def test_a_registration_that_is_not_installed_is_said(doctor: Doctor) -> None:
    text = flat((await doctor()).stdout)
    assert "example.org does not know double_puppets.example.org.as_token" in text
    assert "Install what `bridgekit registration print --puppets example.org` prints" in text
    assert "dp-wrong-secret" in await found(doctor)
    assert TOKEN not in text


async def test_with_what_is_printed_installed_it_works(
    doctor: Doctor, bridgekit: Run, homeserver: FakeHomeserver, puppets: Path
) -> None:
    registration = of_puppets(bridgekit, puppets)
    assert registration["url"] is None
    assert registration["as_token"] == TOKEN
    homeserver.load_registration(registration)
    assert "example.org lets the bridge speak as its people" in flat((await doctor()).stdout)


async def test_the_token_of_the_bridge_itself_is_none_for_puppets(
    doctor: Doctor, connected: Path
) -> None:
    own = registration(connected)["as_token"]
    there = f"double_puppets: {{example.org: {{as_token: {own}}}}}"
    rewrite(connected, lambda text: f"{text}\n{there}\n")
    one = (await found(doctor, "--offline"))["dp-reuses-main"]
    assert ".as_token: is the bridge's own as_token" in one["text"]
    assert "registration print --puppets" in one["fix"]
    assert own not in one["text"]


@pytest.fixture
def elsewhere(connected: Path) -> None:
    """Another homeserver, which is not there."""
    there = "double_puppets: {other.org: {url: 'http://127.0.0.1:9'}}"
    connected.write_text(f"{connected.read_text()}\n{there}\n")


@pytest.mark.usefixtures("elsewhere")
async def test_a_homeserver_elsewhere_that_does_not_answer_is_said(doctor: Doctor) -> None:
    text = flat((await doctor()).stdout)
    assert "other.org cannot be asked: Connection refused." in text
    assert "Check double_puppets.other.org.url" in text
    assert "dp-unreached" in await found(doctor)


def test_a_server_without_a_token_has_no_registration(bridgekit: Run, connected: Path) -> None:
    result = bridgekit("registration", "--puppets", "other.org", "-c", connected)
    assert result.exit_code == 3
    assert "double_puppets.other.org.as_token: is missing" in flat(result.stderr)


async def test_tuwunel_refuses_other_bridges_for_a_wide_registration(
    doctor: Doctor, connected: Path
) -> None:
    async def versions(_request: web.Request) -> web.Response:
        return web.json_response({"server": {"name": "Tuwunel", "version": "1.4.0"}})

    app = web.Application()
    app.router.add_get("/_matrix/federation/v1/version", versions)
    async with started_server(app) as url:
        there = f"double_puppets: {{other.org: {{url: '{url}', as_token: {TOKEN}}}}}"
        rewrite(connected, lambda text: f"{text}\n{there}\n")
        seen = await found(doctor)
    assert "other.org is a Tuwunel" in seen["dp-breaks-others"]["text"]
    assert "tokens of their own" in seen["dp-breaks-others"]["fix"]


def lent(fill: Fill, config: Path, user: UserID, token: str, *, lost: bool = False) -> None:
    """Somebody has given the bridge an access token of theirs."""
    sealed = Sealing(load(config).appservice.sealing_keys).seal(token, place_of(user))

    async def given(rows: Rows) -> None:
        await rows.write(save_puppet(PuppetRow(user, "" if lost else sealed, 1, lost)))

    fill(given)


async def test_an_access_token_that_is_refused_by_now_is_said_of_its_person(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, fill: Fill
) -> None:
    homeserver.load_registration(registration(connected))
    alice = homeserver.person("alice")
    token = homeserver.world.add_access_token(alice.user_id)
    await asyncio.to_thread(lent, fill, connected, UserID(alice.user_id), token)
    assert "1 access token of people: each works." in flat((await doctor()).stdout)
    await asyncio.to_thread(lent, fill, connected, UserID("@bob:example.org"), "signed-out")
    await asyncio.to_thread(lent, fill, connected, UserID("@eve:example.org"), "", lost=True)
    result = flat((await doctor()).stdout)
    assert "The access token of @bob:example.org is refused." in result
    assert "The access token of @eve:example.org was refused, and is forgotten." in result
    assert "puppet-token TOKEN" in (await found(doctor))["dp-token-dead"]["fix"]
    assert token not in result
