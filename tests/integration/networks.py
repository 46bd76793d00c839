"""All further networks, each with its fake on the other side, and loopback in one room of a real
Synapse. Sara has accounts on Slack and Telegram and a double puppet, rico is relayed; mallory is
blocked and uma in no line of the permissions.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bridgekit.configuration.config import Network
from bridgekit.configuration.settings import ChatLink
from bridgekit.events import Content, Edit, Message, Reaction
from bridgekit.ids import NetworkName
from bridgekit.richtext import plain
from bridgekit.testing.clock import settle
from bridgekit.testing.contract import FakeNetwork, Heard
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import people
from bridges.slack import SlackAdapter
from bridges.slack.fake import fake_network
from bridges.slack.fake.network import USER_TOKEN
from bridges.sms import SMSAdapter
from bridges.sms.fake import fake_kannel
from bridges.telegram import TelegramAdapter
from bridges.telegram.fake import telegram_group
from tests.integration.conversation import LINES, PERMISSIONS, STRANGERS
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import BOT, SynapseRig, on_synapse

ALIAS = f"#loop_#room:{DOMAIN}"
PATIENCE = 90.0
GONE = "deleted the message"
"""The line where a network knows no deletions."""
NETWORKS: dict[str, tuple[type, Callable[[], AbstractAsyncContextManager[Any]]]] = {
    "slack": (SlackAdapter, fake_network),
    "telegram": (TelegramAdapter, telegram_group),
    "sms": (SMSAdapter, fake_kannel),
}
SARAS = {"slack": "carol", "telegram": "Ann"}
"""As whom she is known there; where she is not named, the bridge speaks for her."""


@dataclass
class Scene:
    """Bob is on loopback, and somebody on each of the networks."""

    fars: dict[str, FakeNetwork]
    rig: SynapseRig
    room: str
    sara: Person
    rico: Person
    strangers: tuple[Person, ...]

    @property
    def loop(self) -> Any:
        return self.rig.network

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await settle()

    async def reads(self, text: str) -> dict[str, Any]:
        """What rico reads, which is there once."""
        async with asyncio.timeout(PATIENCE):
            event = await self.rico.wait_for(
                self.room, lambda event: event["content"].get("body") == text
            )
        assert (await self.rico.bodies(self.room)).count(text) == 1
        return event

    async def everywhere(self, text: str, *, but: str = "") -> None:
        """All networks, but the one that it comes from, have heard it."""
        for name in self.fars:
            if name != but:
                await self.until(partial(self.heard, name, text))
        if but != "loop":
            await self.loop.wait(lambda: text in self.loop.texts(), within=PATIENCE)

    def heard(self, name: str, text: str, kind: type[Content] = Message) -> list[Heard]:
        """What people of a network got of one kind, and with these words."""
        all_ = (one for one in self.fars[name].heard() if isinstance(one.content, kind))
        return [one for one in all_ if text in _words(one.content)]

    def followed(self, name: str, kind: type[Content], text: str) -> list[Heard]:
        """The same, as a line with these words where a network has no way for the kind."""
        return self.heard(name, text, kind if kind in self.fars[name].rejects else Message)

    async def question(self, id_: str) -> str:
        """Bob asks something on loopback that all have heard; its event."""
        await self.loop.say("#room", "bob", f"question {id_}", id=id_)
        event = await self.reads(f"question {id_}")
        await self.everywhere(f"question {id_}", but="loop")
        return str(event["event_id"])


def _words(content: Content) -> str:
    match content:
        case Message(text=text) | Edit(message=Message(text=text)):
            return plain(text)
        case Reaction(emoji=emoji):
            return emoji
    return GONE


@asynccontextmanager
async def all_networks(folder: Path, database: str | None) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        fars = {
            name: await stack.enter_async_context(fake()) for name, (_, fake) in NETWORKS.items()
        }
        networks = list(_configured(fars))
        rig = stack.enter_context(
            or_skip(on_synapse(folder, database, others=networks, public=True))
        )
        rig.permissions = dict(PERMISSIONS)
        await rig.start()
        async with people(rig.hs) as crowd, asyncio.timeout(240):
            names = ("sara", "rico", *STRANGERS)
            sara, rico, *strangers = [await crowd.person(name) for name in names]
            scene = Scene(fars, rig, await sara.join(ALIAS), sara, rico, tuple(strangers))
            for person in (rico, *strangers):
                await person.join(scene.room)
            logins = [one.logins for one in rig.bridge.parts.networks]
            await scene.until(lambda: all(one.client() is not None for one in logins))
            while len(await rig.bridge.parts.portals.in_room(scene.room)) <= len(fars):
                await settle()  # a link to a room that another one makes comes after it
            await _signed_in(scene)
            yield scene
        await rig.stop()


def _configured(fars: dict[str, FakeNetwork]) -> Iterator[Network]:
    for name, (adapter, _) in NETWORKS.items():
        link = ChatLink(chat=fars[name].chat, room=ALIAS, shared=True)
        # What a network has no way for is a line there, so that it is seen to follow.
        settings = fars[name].settings
        yield Network(NetworkName(name), adapter, settings, (link,), fallbacks=LINES)


# Sara's accounts.


async def _signed_in(scene: Scene) -> None:
    """As people do, in her own room with the bot; and her Matrix account is lent to the bridge."""
    parts = scene.rig.bridge.parts
    proof = await parts.matrix.puppets.puppets.sign_in(scene.sara.user_id, scene.sara.access_token)
    assert proof.works, proof.sentence
    own = await scene.sara.create_room(direct=True, invite=[BOT])
    await _told(scene, own, "", key=BOT)
    await _to_slack(scene, own)
    await _to_telegram(scene, own)


async def _to_slack(scene: Scene, own: str) -> None:
    slack: Any = scene.fars["slack"]
    slack.signing_in()  # carol has a token of hers, and is in the channel
    await scene.sara.say(own, "sign-in slack")
    await _told(scene, own, "I delete your answer")
    await scene.sara.say(own, USER_TOKEN)
    await _told(scene, own, "You are signed in to Slack")


async def _to_telegram(scene: Scene, own: str) -> None:
    fake = scene.fars["telegram"].fake  # type: ignore[attr-defined]
    ann = fake.state.user("Ann")
    fake.state.add_chat(ann["id"], "private", "Ann")
    await scene.sara.say(own, "sign-in telegram")
    shown = await _told(scene, own, "/link ")
    (code,) = re.findall(r"/link (\w{8})", shown["content"]["body"])
    command = [{"type": "bot_command", "offset": 0, "length": 6}]
    fake.people.say("Ann", ann["id"], f"/start {code}", entities=command)

    def asked() -> list[Any]:
        return [one.message for one in fake.acts.did if "on Matrix says" in str(one.message)]

    await scene.until(asked)
    keys = asked()[0]["reply_markup"]["inline_keyboard"][0]
    fake.people.press("Ann", ann["id"], asked()[0]["message_id"], keys[0]["callback_data"])
    await _told(scene, own, "You are signed in to Telegram")


async def _told(scene: Scene, own: str, text: str, key: str | None = None) -> dict[str, Any]:
    """What the bot says there; with `key`, that this member has come."""

    def is_it(event: dict[str, Any]) -> bool:
        content = event["content"]
        if key is not None:
            return (event.get("state_key"), content.get("membership")) == (key, "join")
        return event["sender"] == BOT and text in str(content.get("body"))

    return await scene.sara.wait_for(own, is_it)
