"""Edits, deletions, files and long posts of both sides of a fake Slack, in a channel of their own:
what stands there at the end, on either side, must be what was meant last.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from bridges.slack.fake import Channel, FakeSlack
from bridges.slack.fake.person import Person
from tests.real_attack.report import Report
from tests.real_attack.stage import IN_DOUBT, Stage

AHEAD = 20  # done and not yet there
LONGEST = 40  # bytes of a post; one that is longer is refused
REST = 120.0  # seconds for the last of them


class Amendments:
    """`talk` does them, `compare` judges; the room is nobody else's."""

    def __init__(self, place: Stage, slack: FakeSlack, team: str, channel: str) -> None:
        self._place, self._slack = place, slack
        self._room = place.rooms.pop(("far", f"{team}/{channel}"))
        self._bob = Person(slack, team, "changer")
        self._channel: Channel = slack.state.workspace(team).channels[channel]
        self._channel.longest = LONGEST
        self._bot = slack.state.bot_of(team)
        self._there: list[str] = []  # on Slack, what the app is to have said
        self._here: list[str] = []  # on Matrix, what people of Slack are to have said

    async def talk(self, count: int) -> None:
        """So many messages of each side: each is edited, some are taken back, some have files."""
        for number in range(count):
            await self._alice(number)
            self._of_bob(number)
            await self._place.until(lambda: self._behind() <= AHEAD)

    async def _alice(self, number: int) -> None:
        if number % 7 == 0:
            halves = [f"{half}-{number:05}-{'x' * 10}" for half in ("begin", "other")]
            await self._place.alice.say(self._room, " ".join(halves))
            self._there += halves
        alice, said = self._place.alice, f"alice means {number}"
        event = await alice.say(self._room, f"alice says {number}")
        await alice.edit(self._room, event, said)
        if number % 3 == 0:
            await alice.redact(self._room, event)
        else:
            self._there.append(said)
        if number % 5 == 0:
            name = f"alice-{number}.txt"
            await alice.send_file(self._room, name, "text/plain", name.encode())
            self._there.append(name)

    def _of_bob(self, number: int) -> None:
        channel, said = self._channel.id, f"bob means {number}"
        ts = self._bob.says(channel, f"bob says {number}")
        self._bob.does("chat.update", channel=channel, ts=ts, text=said)
        if number % 3 == 1:
            self._bob.does("chat.delete", channel=channel, ts=ts)
        else:
            self._here.append(said)
        if number % 5 == 0:
            name = f"bob-{number}.txt"
            self._bob.shares(channel, {name: name.encode()})
            self._here.append(name)

    def _behind(self) -> int:
        told = len(self._place.told(self._room))
        there = len(self._there) - told - len(set(self._there) & set(self._on_slack()))
        return max(there, len(self._here) - len(set(self._here) & set(self._on_matrix())))

    def _on_slack(self) -> list[str]:
        return list(self._shown_there())

    def _shown_there(self) -> Iterator[str]:
        """What the app has said there, in order, as it reads now."""
        bot = None if self._bot is None else self._bot.bot
        for message in self._channel.messages.values():
            if message.get("bot_id") == bot:
                files = [file["name"] for file in message.get("files", [])]
                yield from files or [message["text"]]

    def _on_matrix(self) -> list[str]:
        """What ghosts have said here, in order, as it reads now."""
        latest: dict[str, str] = {}
        for event in self._place.hs.world.rooms[self._room].events:
            if event.type != "m.room.message" or not event.sender.startswith("@far_"):
                continue
            relation = event.content.get("m.relates_to", {})
            if relation.get("rel_type") == "m.replace":
                if relation["event_id"] in latest:  # else it was taken back
                    latest[relation["event_id"]] = event.content["m.new_content"]["body"]
            elif "body" in event.content:
                latest[event.id] = event.content["body"]
        return list(latest.values())

    async def compare(self, report: Report) -> None:
        """Wait for the last of it, and count what is not as it should be."""
        await self._settled()
        told = {self._place.bodies.get(of, "") for of, _ in self._doubts()}
        report.compare(self._there, self._on_slack(), told)
        report.compare(self._here, self._on_matrix())

    def _doubts(self) -> list[tuple[str, str]]:
        return [one for one in self._place.notices[self._room] if IN_DOUBT in one[1]]

    async def _settled(self) -> None:
        """Until both sides show what is meant, or nothing comes any more."""

        def right() -> bool:
            here = Counter(self._on_matrix()) == Counter(self._here)
            return here and len(self._on_slack()) + len(self._doubts()) >= len(self._there)

        with suppress(TimeoutError):  # the comparison says what is wrong
            async with asyncio.timeout(REST):
                await self._place.until(right)
