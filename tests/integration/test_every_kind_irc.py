"""Every kind between a real Synapse and a real IRC server: what IRC has, and what it has instead.

The bridge is `bridgekit run`, configured so that reactions and deletions become lines.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit.testing.homeserver import Person
from bridgekit.testing.servers import people
from demo.irc_person import IRCPerson, irc_person
from demo.world import World, world
from tests.core.media.samples import picture
from tests.integration.missing import or_skip

pytestmark = [pytest.mark.synapse, pytest.mark.ngircd]

PNG = picture()
PATIENCE = 90.0


@dataclass
class Scene:
    """A channel that rosa rules, and alice in its room with an IRC connection of her own."""

    alice: Person
    rosa: IRCPerson
    channel: str
    room: str
    port: int

    @property
    def ghost(self) -> str:
        return f"@irc_{self.rosa.nick}:localhost"

    @property
    def heard(self) -> list[str]:
        return self.rosa.texts(self.channel)

    async def hears(self, text: str) -> None:
        """The last thing that was said begins so."""
        try:
            await self.rosa.wait(
                lambda: self.heard and self.heard[-1].startswith(text), within=PATIENCE
            )
        except TimeoutError:
            raise AssertionError(f"{text!r} is not the last of {self.heard}") from None

    async def sees(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return await self.alice.wait_for(self.room, condition)

    async def reads(self, body: str) -> dict[str, Any]:
        return await self.sees(lambda event: event["content"].get("body") == body)

    async def notice(self, containing: str) -> dict[str, Any]:
        def told(event: dict[str, Any]) -> bool:
            body = str(event["content"].get("body"))
            return event["content"].get("msgtype") == "m.notice" and containing in body

        return await self.sees(told)

    def commands(self, command: str) -> list[tuple[str, ...]]:
        """What was done in the channel."""
        return [line.words for line in self.rosa.lines if line.command == command]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with or_skip(world(tmp_path_factory.mktemp("irc"), rate=1000.0)) as place:
        yield place


@asynccontextmanager
async def scene_in(place: World) -> AsyncIterator[Scene]:
    channel, nick = f"#c{secrets.token_hex(4)}", f"r{secrets.token_hex(3)}"
    async with people(place.homeserver) as crowd, irc_person(place.irc_port, nick, channel) as rosa:
        alice = await crowd.person("alice")
        room = await alice.join(f"#irc_{channel}:localhost")
        scene = Scene(alice, rosa, channel, room, place.irc_port)
        await alice.say(room, "hello")
        await scene.hears("hello")
        yield scene


@pytest.fixture
async def scene(place) -> AsyncIterator[Scene]:
    async with scene_in(place) as scene:
        yield scene


async def test_text_notices_and_actions_both_ways(scene):
    await scene.alice.say(scene.room, "so bold", html="so <b>bold</b>")
    await scene.hears("so \x02bold")
    await scene.alice.say(scene.room, "waves", msgtype="m.emote")
    await scene.hears("\x01ACTION waves\x01")
    scene.rosa.act(scene.channel, "waves back")
    event = await scene.reads("waves back")
    assert (event["sender"], event["content"]["msgtype"]) == (scene.ghost, "m.emote")
    scene.rosa.send(f"NOTICE {scene.channel} :I am a bot")
    assert (await scene.reads("I am a bot"))["content"]["msgtype"] == "m.notice"


async def test_an_edit_is_a_new_line(scene):
    event = await scene.alice.say(scene.room, "teh text")
    await scene.alice.edit(scene.room, event, "the text")
    await scene.hears("* the text")
    await scene.notice("cannot change messages")


async def test_a_deletion_is_a_line(scene):
    event = await scene.alice.say(scene.room, "oops")
    await scene.hears("oops")
    await scene.alice.redact(scene.room, event)
    await scene.hears("\x01ACTION deleted the message")


async def test_a_reply_and_a_thread_are_short_quotes(scene):
    scene.rosa.say(scene.channel, "shall we go?")
    event = await scene.reads("shall we go?")
    await scene.alice.reply(scene.room, event["event_id"], "yes")
    await scene.hears(f"{scene.rosa.nick}: yes")
    await scene.alice.thread(scene.room, event["event_id"], "now")
    await scene.hears(f"{scene.rosa.nick}: now")


async def test_a_reaction_is_a_line(scene):
    scene.rosa.say(scene.channel, "shall we go?")
    event = await scene.reads("shall we go?")
    await scene.alice.react(scene.room, event["event_id"], "👍")
    line = f'\x01ACTION reacted with 👍 to {scene.rosa.nick}: "shall we go?"\x01'
    await scene.hears(line)


async def test_files_are_links_that_open(scene):
    await scene.alice.send_file(scene.room, "cat.png", "image/png", PNG, caption="my cat")
    await scene.hears("my cat")
    line = next(text for text in scene.heard if "sent an image: cat.png" in text)
    url = line.strip("\x01").split()[-1]
    async with ClientSession() as http, http.get(url) as answer:
        assert (answer.status, await answer.read()) == (200, PNG)


async def test_places_polls_votes_and_pins_are_lines_or_told(scene):
    await scene.alice.send_location(scene.room, 52.5, 13.4, "Berlin")
    await scene.hears("\x01ACTION shared a location: Berlin (52.500000, 13.400000) https://")
    poll = await scene.alice.poll(scene.room, "Tea?", "yes", "no")
    await scene.hears("2. no")
    assert scene.heard[-3:] == ["Poll: Tea?", "1. yes", "2. no"]
    await scene.alice.vote(scene.room, poll, 1)
    await scene.notice("has no polls.")
    await scene.alice.end_poll(scene.room, poll)
    await scene.hears("\x01ACTION ended the poll: Tea?\x01")


async def test_topics_ranks_and_kicks_go_both_ways(scene):
    scene.rosa.send(f"MODE {scene.channel} +o alice")
    levels = "m.room.power_levels"
    await scene.sees(
        lambda event: event["type"] == levels and scene.ghost in event["content"]["users"]
    )
    scene.rosa.send(f"TOPIC {scene.channel} :From IRC")
    await scene.sees(lambda event: event["content"].get("topic") == "From IRC")
    async with irc_person(scene.port, "k" + scene.rosa.nick, scene.channel) as guest:
        ghost = f"@irc_{guest.nick}:localhost"
        await scene.sees(lambda event: event.get("state_key") == ghost)
        scene.rosa.send(f"KICK {scene.channel} {guest.nick} :spam")
        gone = await scene.sees(
            lambda event: (
                event.get("state_key") == ghost and event["content"]["membership"] == "leave"
            )
        )
        assert "spam" in gone["content"]["reason"]
