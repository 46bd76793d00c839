"""Real servers for the tests in this folder, and a stage that is set on Synapse or on the fake."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from bridgekit.adapter import Limits
from bridgekit.ids import NetworkName
from bridgekit.room.queries import ALIASES
from bridgekit.testing.homeserver import FakeHomeserver, MatrixError, Person
from bridgekit.testing.loopback import ABILITIES
from bridgekit.testing.recorder import Recorder, recorder
from bridgekit.testing.rig import DOMAIN as BRIDGED
from bridgekit.testing.servers import Ngircd, Synapse, free_port, people
from bridgekit.testing.servers import ngircd as run_ngircd
from bridgekit.testing.servers import synapse as run_synapse
from bridgekit.testing.servers.people import HttpConnection, People
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import BOT, Place, SynapseRig, on_synapse

JSON = dict[str, Any]

DOMAIN = "localhost"


@pytest.fixture(scope="session")
def registration() -> dict[str, Any]:
    """The application service that the session's Synapse knows; it runs while a test runs it."""
    return {
        "id": "behaviour",
        "url": f"http://127.0.0.1:{free_port()}",
        "as_token": "as-token",
        "hs_token": "hs-token",
        "sender_localpart": "behaviourbot",
        "rate_limited": False,
        "receive_ephemeral": True,
        "de.sorunome.msc2409.push_ephemeral": True,
        "namespaces": {
            "users": [{"exclusive": True, "regex": "@net_.*:localhost"}],
            "aliases": [{"exclusive": True, "regex": "#net_.*:localhost"}],
            "rooms": [],
        },
    }


@pytest.fixture(scope="session")
def synapse(
    tmp_path_factory: pytest.TempPathFactory, registration: dict[str, Any]
) -> Iterator[Synapse]:
    """One Synapse for all tests: use names that no other test uses."""
    workdir = tmp_path_factory.mktemp("synapse")
    path = workdir / "registration.json"
    path.write_text(json.dumps(registration), encoding="utf-8")
    with or_skip(run_synapse(workdir, [path])) as server:
        yield server


@pytest.fixture(scope="session")
def ngircd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ngircd]:
    """One ngIRCd for all tests: use channels and nicks that no other test uses."""
    with or_skip(run_ngircd(Path(tmp_path_factory.mktemp("ngircd")))) as server:
        yield server


@dataclass(frozen=True)
class Stage:
    """A homeserver, a bridge on it, and names that no other test uses."""

    bridge: Recorder
    _person: Callable[[str], Awaitable[Person]]

    def unique(self, name: str = "x") -> str:
        return f"{name}{secrets.token_hex(4)}"

    @property
    def bot(self) -> str:
        return f"@{self.bridge.registration['sender_localpart']}:{DOMAIN}"

    async def person(self) -> Person:
        return await self._person(self.unique("p"))

    async def ghost(self) -> str:
        """A registered ghost's user ID."""
        name = self.unique("net_")
        await self.register(name)
        return f"@{name}:{DOMAIN}"

    async def register(self, name: str) -> JSON:
        body = {"type": "m.login.application_service", "username": name, "inhibit_login": True}
        return await self.bridge.ask("POST", "/v3/register", body)

    async def room(self, **config: Any) -> str:
        """A room that the bot made."""
        answer = await self.bridge.ask("POST", "/v3/createRoom", config)
        return answer["room_id"]

    async def say(self, room: str, body: str, txn: str | None = None, **how: Any) -> str:
        """Send as the bot, or as `user`."""
        path = f"/v3/rooms/{room}/send/m.room.message/{txn or self.unique()}"
        answer = await self.bridge.ask("PUT", path, {"msgtype": "m.text", "body": body}, **how)
        return answer["event_id"]

    async def pushed_body(self, body: str) -> JSON:
        return await self.bridge.event(lambda event: event["content"].get("body") == body)

    async def bodies(self, room: str) -> list[str]:
        """What was said in a room, oldest first."""
        query = {"dir": "f", "limit": "100"}
        page = await self.bridge.ask("GET", f"/v3/rooms/{room}/messages", query=query)
        return [e["content"]["body"] for e in page["chunk"] if e["type"] == "m.room.message"]

    async def joint_room(self, person: Person) -> str:
        """A person's room with the bot in it, whose joining has been pushed."""

        def joins(event: JSON) -> bool:
            return bool(event["room_id"] == room and event["content"].get("membership") == "join")

        room = await person.create_room(invite=[self.bot])
        await self.bridge.ask("POST", f"/v3/join/{room}", {})
        await self.bridge.event(joins)
        return room

    @contextmanager
    def refused(self, status: int, errcode: str) -> Iterator[JSON]:
        """The block ends in exactly this error, whose body is what it yields (then)."""
        body: JSON = {}
        with pytest.raises(MatrixError) as refusal:
            yield body
        assert (refusal.value.status, refusal.value.errcode) == (status, errcode), refusal.value
        body.update(refusal.value.body)


@pytest.fixture(params=["fake", pytest.param("synapse", marks=pytest.mark.synapse)])
async def stage(request, registration) -> AsyncIterator[Stage]:
    if request.param == "fake":
        # A port of its own: Synapse, which runs on, may still have something to push to the other.
        registration = {**registration, "url": f"http://127.0.0.1:{free_port()}"}
        async with FakeHomeserver(DOMAIN) as homeserver:
            homeserver.load_registration(registration)

            async def person(name):
                return homeserver.person(name)

            async with recorder(registration, homeserver.url) as bridge:
                yield Stage(bridge, person)
        return
    server = request.getfixturevalue("synapse")
    async with people(server) as crowd, recorder(registration, server.url) as bridge:
        stage = Stage(bridge, crowd.person)
        yield stage
        await _drain(stage)


async def _drain(stage: Stage) -> None:
    """Take everything that is still to be pushed.

    What nobody takes would put Synapse into a back-off, and the next test would wait for its end.
    """
    if not stage.bridge.running:
        await stage.bridge.start()
    room = await stage.room(topic="drained")  # the last event of a new room
    await stage.bridge.event(
        lambda event: event.get("room_id") == room and event["type"] == "m.room.topic"
    )


EVERYTHING, NOTHING = NetworkName("loop"), NetworkName("bare")


@pytest.fixture(scope="session")
def kinds_synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapseRig]:
    """A Synapse for a bridge with one network that can do everything, and one that cannot."""
    folder = tmp_path_factory.mktemp("kinds")
    networks = (EVERYTHING, NOTHING)
    with or_skip(on_synapse(folder, None, networks=networks, public=True)) as rig:
        yield rig


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def crowd(kinds_synapse: SynapseRig) -> AsyncIterator[tuple[SynapseRig, People, Person]]:
    """That bridge at work, its people, and its bot as a client would be."""
    rig = kinds_synapse
    rig.links = ()
    bare = rig.networks[NOTHING]
    bare.lacks, bare.limits = ABILITIES, Limits()
    await rig.start()
    token = rig.config.appservice.as_token.get_secret_value()
    async with people(rig.hs) as crowd, ClientSession() as http:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(ALIASES, "burst", 1000.0)  # a room per test: more than visitors may ask
            yield rig, crowd, Person(BOT, token, HttpConnection(http, rig.hs.url, token))
    await rig.stop()


async def _place(crowd: tuple[SynapseRig, People, Person], name: NetworkName) -> Place:
    rig, everybody, bot = crowd
    alice = await everybody.person("alice")
    chat = f"#c{secrets.token_hex(4)}"
    room = await alice.join(f"#{name}_{chat}:{BRIDGED}")
    await bot.set_power(room, alice.user_id, 100)

    async def another() -> Person:
        return await everybody.person(f"p{secrets.token_hex(4)}")

    return Place(rig, name, chat, room, alice, bot, another)


@pytest_asyncio.fixture(loop_scope="session")
async def place(crowd: tuple[SynapseRig, People, Person]) -> AsyncIterator[Place]:
    """A chat of a network that can do everything."""
    async with asyncio.timeout(240):
        yield await _place(crowd, EVERYTHING)


@pytest_asyncio.fixture(loop_scope="session")
async def bare(crowd: tuple[SynapseRig, People, Person]) -> AsyncIterator[Place]:
    """A chat of a network that has text, and nothing else."""
    async with asyncio.timeout(240):
        yield await _place(crowd, NOTHING)
