"""Twilio as others have written it, npm's `emulate`: our fake judges itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, encode_basic_auth
from pydantic import SecretStr

from bridgekit.configuration.config import Network
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.testing.rig import Rig
from bridgekit.testing.servers import Process, ServerMissing, free_port
from bridgekit.webhooks import PATH
from bridges.sms import SMSAdapter
from bridges.sms.fake.provider import configured
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.fake.twilio import SID, TOKEN
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.test_whole_bridge import SMS, STATUS, Scene, bodies
from tests.integration.missing import skip
from tests.on_node import modules_of

ACCOUNT = f"/2010-04-01/Accounts/{SID}"


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where its API is."""
    try:
        node, modules = modules_of("emulate")
    except ServerMissing as missing:
        skip(str(missing))
    folder = tmp_path_factory.mktemp("twilio")
    script, log = Path(__file__).with_name("twilio.mjs"), folder / "twilio.log"
    command = (node, str(script), str(modules), str(free_port()), SID, TOKEN, f"+{OWN}")
    process = Process("twilio", command, folder, lambda: b"api_url" in log.read_bytes())
    process.start()
    try:
        lines = log.read_text("utf-8").splitlines()
        yield json.loads(next(line for line in lines if line.startswith("{")))["api_url"]
    finally:
        process.stop()


@dataclass
class Emulated:
    """What people do with their phones, and what Twilio has."""

    url: str
    http: ClientSession

    async def ask(self, method: str, path: str, **fields: str) -> Any:
        async with self.http.request(method, self.url + path, data=fields or None) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def texts(self, words: str) -> None:
        about = {"From": f"+{BOB}", "To": f"+{OWN}", "Body": words}
        await self.ask("POST", "/_twilio/simulate/inbound-message", **about)

    async def sent(self) -> list[dict[str, Any]]:
        found = await self.ask("GET", f"{ACCOUNT}/Messages.json")
        return [one for one in found["messages"] if one["direction"] != "inbound"]

    async def hook(self) -> str:
        """Whom it calls for our number."""
        found = await self.ask("GET", f"{ACCOUNT}/IncomingPhoneNumbers.json")
        return str(found["incoming_phone_numbers"][0]["sms_url"])

    async def reports(self, sid: str, status: str) -> None:
        about = {"MessageSid": sid, "Status": status}
        await self.ask("POST", "/_twilio/simulate/message-status", **about)


@pytest.fixture
async def scene(emulated: str, tmp_path: Path) -> AsyncIterator[Scene]:
    account = ProviderSettings(
        provider="twilio",
        api_url=emulated,
        user=SID,
        secret=SecretStr(TOKEN),
        options={"set_hook": "yes"},
    )
    inbox = InboxSettings(invite=("@alice:example.org",))
    network = Network(SMS, SMSAdapter, configured("twilio", account), (), inbox=inbox)
    headers = {"Authorization": encode_basic_auth(SID, TOKEN)}
    async with (
        Rig(tmp_path, networks=(), others=(network,), public=True) as rig,
        ClientSession(headers=headers) as http,
    ):
        alice = rig.hs.person("alice")
        await rig.start()
        twilio: Any = Emulated(emulated, http)
        hook = f"{rig.config.appservice.public_url}{PATH}/{SMS}/twilio"
        while not (await twilio.hook()).startswith(hook):
            pass  # each question gives the bridge its turn
        yield Scene(rig, twilio, alice)


async def test_both_sides_text_and_what_became_of_it_is_shown(scene: Any) -> None:
    twilio = scene.network
    await twilio.texts("is anybody there? ü 漢")
    room = await scene.room()
    await scene.until(lambda: "is anybody there? ü 漢" in bodies(room))
    await scene.says(room, "yes, we are")
    while not (sent := await twilio.sent()):
        pass  # each question gives the bridge its turn
    assert [(one["to"], one["from"], one["body"]) for one in sent] == [
        (f"+{BOB}", f"+{OWN}", "alice: yes, we are")
    ]
    await twilio.reports(sent[0]["sid"], "delivered")
    await scene.until(lambda: [one for one in room.events if one.type == STATUS])
    assert not [one for one in bodies(room) if one.startswith("⚠")]


async def test_that_a_text_did_not_arrive_is_told(scene: Any) -> None:
    twilio = scene.network
    await twilio.texts("hi")
    room = await scene.room()
    before = len(await twilio.sent())
    await scene.says(room, "hello")
    while len(sent := await twilio.sent()) == before:
        pass
    await twilio.reports(sent[0]["sid"], "undelivered")
    await scene.until(lambda: [one for one in bodies(room) if "was not delivered" in one])
