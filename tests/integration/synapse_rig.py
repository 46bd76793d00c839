"""The rig with a real Synapse in the place of the fake, and one chat of it as both sides see it."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridgekit.configuration import registration
from bridgekit.events import Content
from bridgekit.ids import NetworkName
from bridgekit.testing.homeserver import Person
from bridgekit.testing.loopback import LoopbackNetwork, RemotePerson, Told, Transcript
from bridgekit.testing.rig import DOMAIN, Rig
from bridgekit.testing.servers import Synapse
from bridgekit.testing.servers import synapse as run_synapse

JSON = dict[str, Any]

BOT = f"@bridgebot:{DOMAIN}"
PATIENCE = 90.0
MARKER = "dev.bridgekit.marker"


class SynapseRig(Rig):
    """Its homeserver runs for as long as the block of `on_synapse` lasts."""

    hs: Synapse  # type: ignore[assignment]  # what `Rig.config` takes of it, both have

    async def __aenter__(self):
        return self


@contextmanager
def on_synapse(
    folder: Path, database: str | None, without: str = "", **options: Any
) -> Iterator[SynapseRig]:
    """`without` is a field that the registration lacks."""
    rig = SynapseRig(folder, database=database, **options)
    file = folder / "registration.json"
    fields = registration.build(rig.config).fields()
    given = {name: value for name, value in fields.items() if name != without}
    file.write_text(json.dumps(given), encoding="utf-8")
    with run_synapse(folder / "synapse", [file], domain=DOMAIN) as server:
        rig.hs = server
        yield rig


@dataclass(frozen=True)
class Place:
    """A chat and its room; nobody else uses it. `alice` may do everything in the room.

    `another` is a person who is in no room yet.
    """

    rig: SynapseRig
    prefix: NetworkName
    chat: str
    room: str
    alice: Person
    bot: Person
    another: Callable[[], Awaitable[Person]]

    # The far side.

    @property
    def network(self) -> LoopbackNetwork:
        return self.rig.networks[self.prefix]

    def ghost(self, name: str) -> str:
        return f"@{self.prefix}_{name}:{DOMAIN}"

    def someone(self, name: str = "bob") -> RemotePerson:
        """Somebody of the far side who is in no other chat."""
        return self.network.person(f"{name}{secrets.token_hex(3)}")

    @property
    def over_there(self) -> Transcript:
        return self.network.chat(self.chat)

    async def told(self, text: str) -> Told:
        """What the chat shows under this text, once it does."""
        await self.until(lambda: text in self.over_there.texts())
        return self.over_there.with_text(text)

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once the far side has seen it so."""
        await self.network.wait(lambda: bool(condition()), within=PATIENCE)

    def acted(self, kind: type[Content]) -> list[Any]:
        """What the bridge did in this chat, of one kind."""
        return [
            act.event.content
            for act in self.network.acts
            if act.event.chat.id == self.chat and isinstance(act.event.content, kind)
        ]

    async def act(self, kind: type[Content]) -> Any:
        """The latest of them, once there is one."""
        await self.until(lambda: self.acted(kind))
        return self.acted(kind)[-1]

    # The room.

    async def seen(self, condition: Callable[[JSON], object]) -> JSON:
        """The first event of the room that fits, once it is there."""
        async with asyncio.timeout(PATIENCE):
            return await self.alice.wait_for(self.room, condition)

    async def shown(self, body: str) -> JSON:
        """The event that the room shows under this text."""
        return await self.seen(lambda event: event["content"].get("body") == body)

    async def notice(self, containing: str) -> JSON:
        """A word of the bridge itself."""

        def told(event: JSON) -> bool:
            content = event["content"]
            return event["sender"] == BOT and containing in str(content.get("body"))

        return await self.seen(told)

    async def replaced(self, event_id: str) -> JSON:
        """What replaced an event: the new content."""

        def replaces(event: JSON) -> bool:
            relation = event["content"].get("m.relates_to", {})
            return (relation.get("rel_type"), relation.get("event_id")) == ("m.replace", event_id)

        content: JSON = (await self.seen(replaces))["content"]["m.new_content"]
        return content

    async def redacted(self, event_id: str) -> JSON:
        """An event, once nothing is left of it."""
        await self.seen(
            lambda event: (
                event["type"] == "m.room.redaction"
                and event_id in (event.get("redacts"), event["content"].get("redacts"))
            )
        )
        event = await self.alice.event(self.room, event_id)
        assert event["content"] == {}
        return event

    async def became(self, kind: str, condition: Callable[[JSON], object], key: str = "") -> JSON:
        """The content of a state event, once it fits."""
        event = await self.seen(
            lambda event: (
                (event["type"], event.get("state_key")) == (kind, key)
                and condition(event["content"])
            )
        )
        content: JSON = event["content"]
        return content

    async def ephemeral(self, kind: str, condition: Callable[[JSON], object]) -> JSON:
        """What alice's client shows of the moment in this room, once it fits."""
        async for rooms in rooms_of(self.alice, {"room": {"rooms": [self.room]}}):
            room = rooms.get("join", {}).get(self.room, {})
            for event in room.get("ephemeral", {}).get("events", ()):
                if event["type"] == kind and condition(event["content"]):
                    content: JSON = event["content"]
                    return content
        raise AssertionError("they never end")

    # Both.

    async def from_alice(self, body: str = "said by alice") -> tuple[str, str]:
        """A message of alice's that is on both sides: its event, and its ID over there."""
        event = await self.alice.say(self.room, body)
        return event, (await self.told(body)).id

    async def from_bob(self, bob: RemotePerson, body: str = "said by bob") -> tuple[str, str]:
        """A message of the far side that is in the room: its event, and its ID over there."""
        message = f"m{secrets.token_hex(4)}"
        await bob.say(self.chat, body, id=message)
        return str((await self.shown(body))["event_id"]), message


async def rooms_of(person: Person, filter_: JSON | None = None) -> AsyncIterator[JSON]:
    """What a person's client hears of rooms, answer for answer."""
    # Synapse keeps the answer to a first /sync for two minutes: hence a filter of our own.
    own = {"presence": {"types": [secrets.token_hex(4)]}, **(filter_ or {})}
    query = {"filter": json.dumps(own), "timeout": "0"}
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await person.request("GET", "/sync", None, query)
            yield answer.get("rooms", {})
            query |= {"since": answer["next_batch"], "timeout": "30000"}


def relation(event: JSON) -> JSON:
    found: JSON = event["content"]["m.relates_to"]
    return found
