"""A whole bridge between the fake homeserver and the fake Slack, in real time, with an admin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridgekit.configuration.config import Network
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName
from bridgekit.permissions.rights import Level
from bridgekit.testing.homeserver import Person
from bridgekit.testing.homeserver.rooms import Room
from bridgekit.testing.rig import Rig
from bridges.slack import SlackAdapter
from bridges.slack.fake import Channel, FakeSlack, SlackNetwork, fake_network
from bridges.slack.fake.network import TEAM
from bridges.slack.fake.person import Person as OnSlack

JSON = dict[str, Any]
BOT = "@bridgebot:example.org"
SLACK = NetworkName("slack")


@dataclass(slots=True)
class Whole:
    """Alice may do everything; Bob is on Slack."""

    rig: Rig
    network: SlackNetwork
    alice: Person

    @property
    def slack(self) -> FakeSlack:
        return self.network.slack

    def person(self, name: str = "bob", team: str = TEAM) -> OnSlack:
        return OnSlack(self.slack, team, name)

    def channel(self, id_: str, name: str, kind: str = "channel", team: str = TEAM) -> Channel:
        """One more, in which the app is not."""
        made = Channel(id_, name, kind)
        self.slack.state.workspace(team).channels[id_] = made
        return made

    async def until(self, condition: Callable[[], Any], what: str) -> Any:
        return await self.rig.hs.wait_for(condition, what)

    async def seen(self, room: str, body: str) -> JSON:
        return await self.alice.wait_for(room, lambda one: one["content"].get("body") == body)

    async def aliased(self, alias: str) -> str:
        """The room of an alias, once Alice is in it."""
        await self.until(lambda: alias in self.rig.hs.world.aliases, f"there is {alias}")
        return await self.alice.join(alias)

    def room(self, id_: str) -> Room:
        return self.rig.hs.world.rooms[id_]

    def posts(self) -> list[tuple[str, str, str]]:
        """Token, channel and text of each."""
        acts = [one for one in self.slack.state.acts if one.method == "chat.postMessage"]
        return [(one.token.value, one.arguments["channel"], one.arguments["text"]) for one in acts]

    async def management(self) -> str:
        """A room of Alice's with the bot alone."""
        room = await self.alice.create_room(invite=[BOT], direct=True)
        await self.until(lambda: self.room(room).membership(BOT) == "join", "the bot comes")
        return room

    async def tell(self, room: str, text: str, condition: Callable[[str], object]) -> str:
        """Say something to the bot; its word that is like this, after that."""
        before = len(self.words(room))
        await self.alice.say(room, text)
        found: str = await self.until(
            lambda: next((one for one in self.words(room)[before:] if condition(one)), None),
            f"an answer to {text}",
        )
        return found

    def words(self, room: str) -> list[str]:
        """What the bridge's bot has said there."""
        events = [one for one in self.room(room).events if one.type == "m.room.message"]
        return [str(one.content.get("body")) for one in events if one.sender == BOT]

    async def ready(self) -> None:
        """The app of the first workspace is connected."""
        assert self.rig.bridge.parts is not None
        known = self.rig.bridge.parts.networks.get(SLACK)
        assert known is not None
        await known.logins.ready(LoginID("slack:bot"), Chat(ChatID(self.network.chat)), 20.0)


@asynccontextmanager
async def whole(folder: Path, database: str, **settings: Any) -> AsyncIterator[Whole]:
    """`settings` are Slack's; `start` it with what is configured of the network."""
    async with fake_network(**settings) as network:
        unlinked = Network(SLACK, SlackAdapter, network.settings, ())
        async with Rig(
            folder, database=database, networks=(), others=(unlinked,), public=True
        ) as rig:
            changes = rig.hs.world.changes
            network.slack.state.watchers.append(lambda _: changes.notify())
            rig.permissions["@alice:example.org"] = Level.ADMIN
            yield Whole(rig, network, rig.hs.person("alice"))


async def start(place: Whole, **configured: Any) -> None:
    """Have a bridge at work; `configured` are fields of the network."""
    given: JSON = {"links": (), **configured}
    settings = place.network.settings
    place.rig.others[SLACK] = Network(SLACK, SlackAdapter, settings, **given)
    await place.rig.start()
    await place.ready()
