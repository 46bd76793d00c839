"""The adapters of the pages "How do I …" whose matter the contract does not know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from matrix_bridgekit_tinychat.fake import TOKEN
from pydantic import SecretStr

from bridgekit import Adapter, LoginError, Message, from_plain
from bridgekit.configuration.config import Network
from bridgekit.configuration.settings import ChatLink
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.homeserver.person import Person
from bridgekit.testing.rig import DOMAIN, NetworkName, Rig
from docs.examples import scheduled
from docs.examples.idempotency import uuid_of
from docs.examples.keeping import DeviceAdapter
from docs.examples.logins import PersonalAdapter
from docs.examples.polling import PollingAdapter
from docs.examples.proxies import ProxiedAdapter, ProxiedConfig
from docs.examples.rate_limits import PacedAdapter
from docs.examples.scheduled import NamesAdapter
from tests.docs.fakes import Extended, served
from tests.docs.remembering import Logged
from tests.docs.signing_in import Conversation, SigningIn

TINY = NetworkName("tiny")


class Noting(Extended):
    """It knows people by name, and notes which device asks."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: list[str | None] = []
        self.names = {"ada": "Ada"}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/names", self._names)]

    async def _names(self, _: web.Request) -> web.Response:
        return web.json_response(self.names)

    async def _me(self, request: web.Request) -> web.Response:
        self.devices.append(request.headers.get("X-Device"))
        return await super()._me(request)


@dataclass(frozen=True, slots=True)
class Scene:
    """A bridge, and Alice in the room that is linked to the lobby."""

    rig: Rig
    alice: Person
    room: str


@asynccontextmanager
async def bridged(
    folder: Path,
    database: str,
    adapter: type[Adapter[Any]],
    settings: Any,
    clock: VirtualClock | None = None,
) -> AsyncIterator[Scene]:
    """A bridge with this adapter only, to wherever `settings` lead."""
    unlinked = Network(TINY, adapter, settings, ())
    async with Rig(folder, clock, database=database, networks=(), others=(unlinked,)) as rig:
        alice = rig.hs.person("alice")
        levels = {"users_default": 100}
        room = await alice.create_room(preset="public_chat", power_level_content_override=levels)
        link = ChatLink(chat="lobby", room=room)
        rig.others[TINY] = Network(TINY, adapter, settings, (link,))
        await rig.start()
        await rig.tied(room)
        yield Scene(rig, alice, room)


def name_of(scene: Scene, user: str) -> str | None:
    account = scene.rig.hs.world.accounts.get(user)
    return account.display_name if account else None


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (what it looks at has no event)
            await asyncio.sleep(0)


async def test_a_paced_bridge_sends_no_faster_than_the_network_takes(
    tmp_path: Path, database: str
) -> None:
    clock = VirtualClock()
    async with (
        served(Noting()) as network,
        bridged(tmp_path, database, PacedAdapter, network.settings, clock) as scene,
    ):
        for number in range(7):
            await scene.alice.say(scene.room, str(number))
        await until(lambda: len(network.heard()) == 5)
        began = clock.monotonic()
        while len(network.heard()) < 7:
            await clock.advance(0.1)
        assert clock.monotonic() - began >= 1.5


async def test_a_device_is_made_once(tmp_path: Path, database: str) -> None:
    async with (
        served(Noting()) as network,
        bridged(tmp_path, database, DeviceAdapter, network.settings) as scene,
    ):
        await until(lambda: network.devices)
        await scene.rig.stop()
        await scene.rig.start()
        await until(lambda: len(network.devices) > 1)
    assert network.devices[0]
    assert len(set(network.devices)) == 1


async def test_what_was_read_is_not_asked_for_again(tmp_path: Path, database: str) -> None:
    async with (
        served(Logged()) as network,
        bridged(tmp_path, database, PollingAdapter, network.settings) as scene,
    ):
        await network.say("ada", Message(from_plain("hello")))
        await until(lambda: network.asked_since[-1:] == [1])
        await scene.rig.stop()
        network.asked_since.clear()
        await scene.rig.start()
        await until(lambda: network.asked_since)
    assert network.asked_since[0] == 1


async def test_names_are_read_again_and_again(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "HOUR", 0.01)
    async with (
        served(Noting()) as network,
        bridged(tmp_path, database, NamesAdapter, network.settings) as scene,
    ):
        await network.say("ada", Message(from_plain("hello")))
        ghost = f"@{TINY}_ada:{DOMAIN}"
        await until(lambda: name_of(scene, ghost) == "Ada")
        network.names["ada"] = "Ada Lovelace"
        await until(lambda: name_of(scene, ghost) == "Ada Lovelace")


async def test_a_proxy_is_used_where_one_is_named(tmp_path: Path, database: str) -> None:
    asked: list[str] = []

    async def forward(request: web.BaseRequest) -> web.Response:
        asked.append(request.raw_path)
        async with (
            ClientSession() as http,
            http.request(
                request.method, request.raw_path, headers=request.headers, data=await request.read()
            ) as answer,
        ):
            return web.Response(body=await answer.read(), content_type="application/json")

    runner = web.ServerRunner(web.Server(forward), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with served(Noting()) as network:
            proxy = SecretStr(f"http://127.0.0.1:{runner.addresses[0][1]}")
            settings = ProxiedConfig(url=network.url, token=SecretStr(TOKEN), proxy=proxy)
            async with bridged(tmp_path, database, ProxiedAdapter, settings) as scene:
                await scene.alice.say(scene.room, "through it")
                await until(network.heard)
        assert f"{network.url}/messages" in asked
    finally:
        await runner.cleanup()


async def sign_in(flow: Conversation) -> Mapping[str, str]:
    async with served(SigningIn()) as network:
        adapter = PersonalAdapter(network.settings, host=None)  # type: ignore[arg-type]
        return await adapter.login(flow)


async def test_a_person_signs_in_with_a_code() -> None:
    flow = Conversation(method="code", phone="+431234567", code="123456")
    assert await sign_in(flow) == {"token": "by code"}
    with pytest.raises(LoginError):
        await sign_in(Conversation(method="code", phone="+431234567", code="000000"))


async def test_a_person_signs_in_with_a_qr_code() -> None:
    flow = Conversation(method="qr")
    assert await sign_in(flow) == {"token": "by scan"}
    assert flow.shown == ["tiny://scan/7"]


def test_the_key_of_a_send_is_the_same_each_time() -> None:
    keys: Sequence[str] = [str(uuid_of(txn)) for txn in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]
