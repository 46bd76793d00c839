"""What is wrong between a bridge and a real Synapse, as `registration compare` finds it.

One Synapse has loaded a registration for each mistake; each test is the bridge of one of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from typer.testing import CliRunner

from bridgekit.cli.app import app
from bridgekit.cli.options import load
from bridgekit.clock import SystemClock
from bridgekit.ids import UserID
from bridgekit.puppets.puppets import place_of
from bridgekit.sealing import Sealing
from bridgekit.store.puppets import PuppetRow, save_puppet
from bridgekit.store.store import open_store
from bridgekit.testing.servers import Synapse, free_port
from bridgekit.testing.servers import synapse as run_synapse
from tests.integration.missing import or_skip

pytestmark = pytest.mark.synapse
DOMAIN = "localhost"
JSON = dict[str, Any]


@dataclass
class Bridge:
    """A configuration and the registration that belongs to it, in a folder of their own."""

    name: str
    folder: Path
    port: int

    @property
    def registration(self) -> JSON:
        claimed = {
            "users": [
                {"exclusive": True, "regex": f"^@{self.name}bot:{DOMAIN}$"},
                {"exclusive": True, "regex": f"^@{self.name}_.+:{DOMAIN}$"},
            ],
            "aliases": [
                {"exclusive": True, "regex": f"^#_bridgekit_{self.name}_[0-9a-f]+:{DOMAIN}$"},
                {"exclusive": True, "regex": f"^#{self.name}_.+:{DOMAIN}$"},
            ],
            "rooms": [],
        }
        return {
            "id": self.name,
            "url": f"http://127.0.0.1:{self.port}",
            "as_token": f"{self.name}-a7Qm2xZ9rT4vK8pL1nB6cW3y",
            "hs_token": f"{self.name}-h5Jf0sD2gH7kP9wE4uR1tY6i",
            "sender_localpart": f"{self.name}bot",
            "rate_limited": False,
            "namespaces": claimed,
            "protocols": ["irc"],
            "receive_ephemeral": True,
        }

    def file(self, name: str, **changes: Any) -> Path:
        path = self.folder / f"{self.name}-{name}.yaml"
        path.write_text(json.dumps(self.registration | changes))
        path.chmod(0o600)
        return path

    def compared(self, url: str, **changes: Any) -> dict[str, JSON]:
        """What `registration compare` finds, by id; the file is right."""
        path = self.config(url, **changes)
        words = ["registration", "compare", str(self.file("own")), "-c", str(path), "--json"]
        result = CliRunner().invoke(app, words)
        assert result.stdout, result.stderr
        return {one["id"]: one for one in json.loads(result.stdout)["findings"] if one["id"]}

    def config(self, url: str, **changes: Any) -> Path:
        own = self.registration
        appservice = {key: own[key] for key in ("id", "url", "as_token", "hs_token")}
        appservice |= {"bot": f"{self.name}bot", "listen": f"127.0.0.1:{self.port}"}
        config = {
            "homeserver": {"url": url, "domain": DOMAIN} | changes.pop("homeserver", {}),
            "appservice": appservice | changes.pop("appservice", {}),
            "permissions": {DOMAIN: "user"},
            "networks": {self.name: {"adapter": "irc", "host": "127.0.0.1"}},
        }
        path = self.folder / f"{self.name}-config.yaml"
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path


NAMES = ("right", "nourl", "otherid", "otherhs", "nobody", "itself", "narrow", "stale", "greedy")
GREEDY = {"users": [{"exclusive": True, "regex": f"^@right_x.*:{DOMAIN}$"}]}


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bridge]:
    folder = tmp_path_factory.mktemp("bridges")
    return {name: Bridge(name, folder, free_port()) for name in (*NAMES, "unknown")}


@pytest.fixture(scope="module")
def homeserver(
    tmp_path_factory: pytest.TempPathFactory, bridges: dict[str, Bridge]
) -> Iterator[Synapse]:
    narrow = bridges["narrow"].registration["namespaces"]
    narrow["users"][1]["regex"] = f"^@narrow_[0-9]+:{DOMAIN}$"
    wrong: dict[str, JSON] = {
        "nourl": {"url": None},
        "otherid": {"id": "another"},
        "otherhs": {"hs_token": "of-before-0sD2gH7kP9wE4uR1tY6i"},
        "nobody": {"url": "http://127.0.0.1:9"},
        "narrow": {"namespaces": narrow},
        "stale": {"sender_localpart": "stale_was"},
        "greedy": {"namespaces": GREEDY},
    }
    files = [bridges[name].file("loaded", **wrong.get(name, {})) for name in NAMES]
    with or_skip(run_synapse(tmp_path_factory.mktemp("hs"), files, domain=DOMAIN)) as server:
        yield server


def test_where_all_is_right_nothing_is_found(
    bridges: dict[str, Bridge], homeserver: Synapse
) -> None:
    assert bridges["right"].compared(homeserver.url) == {}


@pytest.mark.parametrize(
    ("name", "id_", "fix"),
    [
        ("nourl", "hs-url-null", "install it and restart"),
        ("otherid", "hs-id-unknown", "install it and restart"),
        ("otherhs", "hs-token-refused", "install it and restart"),
        ("nobody", "hs-cannot-connect", "localhost is that container"),
        ("narrow", "template-outside-namespace", "install it and restart"),
        ("stale", "other-bot", "install it and restart"),
        ("unknown", "not-restarted", "Restart the homeserver"),
    ],
)
def test_what_synapse_has_is_told_from_its_answers(
    bridges: dict[str, Bridge], homeserver: Synapse, name: str, id_: str, fix: str
) -> None:
    found = bridges[name].compared(homeserver.url)
    assert set(found) == {id_}
    assert fix in found[id_]["fix"]


def test_a_configuration_that_was_changed_since_differs_on_both_sides(
    bridges: dict[str, Bridge], homeserver: Synapse
) -> None:
    changed = {"homeserver": {"domain": "matrix.localhost"}}
    found = bridges["right"].compared(homeserver.url, **changed)
    assert {"regex-wrong-domain", "domain-not-server-name"} <= set(found)
    assert "Write homeserver.domain: localhost" in found["domain-not-server-name"]["fix"]
    token = {"appservice": {"as_token": "another-0sD2gH7kP9wE4uR1tY6i"}}
    assert {"tokens-differ", "token-unknown"} <= set(
        bridges["right"].compared(homeserver.url, **token)
    )


async def test_who_answers_in_place_of_the_bridge_is_told_apart(
    bridges: dict[str, Bridge], homeserver: Synapse
) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Welcome</title>", status=404)

    bridge, app = bridges["itself"], web.Application()
    app.router.add_route("*", "/{tail:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", bridge.port).start()
    own = {"listen": f"127.0.0.1:{free_port()}"}
    try:
        found = await asyncio.to_thread(bridge.compared, homeserver.url, appservice=own)
    finally:
        await runner.cleanup()
    assert "a web server, or a proxy" in found["url-wrong-target"]["text"]
    assert "Correct host and port of appservice.url" in found["url-wrong-target"]["fix"]


async def test_the_name_that_two_bridges_claim_is_refused_by_synapse(
    bridges: dict[str, Bridge], homeserver: Synapse
) -> None:
    files = [bridges["right"].file("own"), bridges["greedy"].file("own", namespaces=GREEDY)]
    words = ["registration", "check", *map(str, files), "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, app, words)
    (overlap,) = json.loads(result.stdout)["findings"]
    assert overlap["id"] == "exclusive-overlap"
    assert f"claims @right_x:{DOMAIN}, as {files[0]}:" in overlap["text"]
    token = {"Authorization": f"Bearer {bridges['right'].registration['as_token']}"}
    asked = {"type": "m.login.application_service", "username": "right_x", "inhibit_login": True}
    url = f"{homeserver.url}/_matrix/client/v3/register"
    async with ClientSession() as session, session.post(url, json=asked, headers=token) as answer:
        assert (await answer.json())["errcode"] == "M_EXCLUSIVE"


def test_an_event_of_synapse_arrives(bridges: dict[str, Bridge], homeserver: Synapse) -> None:
    config = bridges["right"].config(homeserver.url)
    words = ["doctor", "-c", str(config), "--registration", str(bridges["right"].file("own"))]
    result = CliRunner().invoke(app, [*words, "--events"], env={"COLUMNS": "200"})
    assert "Events arrive from the homeserver." in result.stdout


async def test_access_tokens_that_people_have_lent_are_tried(
    bridges: dict[str, Bridge], homeserver: Synapse
) -> None:
    """One that works, one that was signed out, and one of a client that encrypts."""
    path = bridges["right"].config(homeserver.url)
    accounts = [
        await asyncio.to_thread(homeserver.accounts.get, name) for name in ("anna", "ben", "cleo")
    ]
    sealing = Sealing(load(path).appservice.sealing_keys)
    async with open_store(f"sqlite:///{path.parent / 'bridgekit.db'}", SystemClock()) as store:
        for one in accounts:
            user = UserID(one.user_id)
            token = sealing.seal(one.access_token, place_of(user))
            await store.writer.write(save_puppet(PuppetRow(user, token, 1)))
    anna, ben, cleo = accounts
    keys = {
        "user_id": cleo.user_id,
        "device_id": cleo.device_id,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
        "keys": {f"ed25519:{cleo.device_id}": "a", f"curve25519:{cleo.device_id}": "b"},
        "signatures": {},
    }
    for one, asked, body in ((ben, "logout", {}), (cleo, "keys/upload", {"device_keys": keys})):
        url = f"{homeserver.url}/_matrix/client/v3/{asked}"
        token = {"Authorization": f"Bearer {one.access_token}"}
        async with ClientSession() as session, session.post(url, json=body, headers=token) as said:
            assert said.status == 200, await said.text()
    words = ["doctor", "-c", str(path), "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, app, words)
    found = {one["id"]: one for one in json.loads(result.stdout)["findings"]}
    assert found["dp-token-dead"]["text"] == f"The access token of {ben.user_id} is refused."
    assert "puppet-token TOKEN" in found["dp-token-dead"]["fix"]
    assert (
        f"The access token of {cleo.user_id} is that of a client"
        in (found["dp-client-token"]["text"])
    )
    assert "a session that only the bridge has" in found["dp-client-token"]["fix"]
    assert anna.user_id not in result.stdout
    assert "1 access token of people: each works." in result.stdout
