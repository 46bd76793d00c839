"""A fake Slack as the far side of an attack, with what goes wrong at the real one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from bridgekit.testing.homeserver.changes import Changes
from bridges.slack.fake import Channel, FakeSlack, Fault, Kind, Token, fake_slack
from bridges.slack.fake.person import Person
from bridges.slack.fake.state import Act
from bridges.slack.manifest import BOT_SCOPES
from tests.real_attack import networks
from tests.real_attack.slack_amendments import Amendments
from tests.real_attack.stage import Stage

TEAM = "T0TEAM"
AMENDED = "C0AMENDED"
SHARING = "files.completeUploadExternal"
ROOMS = ("C0ONE", "C0TWO", "C0THREE", AMENDED)
SHARE = 0.05  # of all calls fail, and of all events come twice
FAULTY = frozenset(
    {
        *("chat.postMessage", "chat.update", "chat.delete"),
        *("conversations.history", "conversations.replies"),
        *("files.getUploadURLExternal", SHARING, "files.info"),
    }
)
POSTS = {"chat.postMessage"}
AGAIN = (0.0, 1.0, 5.0, 15.0, 60.0)  # seconds: Slack's own take so long that nothing would go on


class OnSlack:
    """The app speaks for everybody. Slack can be asked, so only the share of a file can be in
    doubt, which comes some time after it was accepted.
    """

    chats = tuple(f"{TEAM}/{room}" for room in ROOMS)
    connected = True

    def __init__(self, slack: FakeSlack, changes: Changes) -> None:
        self.slack, self._changes = slack, changes
        self.heard: defaultdict[str, list[str]] = defaultdict(list)
        self.texts: set[str] = set()
        bot = slack.state.install(TEAM, "xoxb-attacked", BOT_SCOPES)
        scopes = frozenset({"connections:write"})
        slack.state.add_token(Token("xapp-attacked", "app", "", scopes=scopes))
        for room in ROOMS:
            channel = Channel(room, room.lower(), members=[bot.user])
            slack.state.workspace(TEAM).channels[room] = channel
        slack.state.watchers.append(self._did)
        slack.faults.share, slack.faults.methods = SHARE, FAULTY
        slack.delivery.troubles.double = SHARE
        slack.delivery.again = AGAIN

    @property
    def doubts(self) -> int:
        return self.slack.faults.struck[SHARING] + networks.KILLS

    @property
    def settings(self) -> dict[str, object]:
        return {
            "api_url": self.slack.api_url,
            "bot_token": "xoxb-attacked",
            "app_token": "xapp-attacked",
            "pace": {"burst": 10_000, "rate": 10_000},
        }

    def say(self, chat: str, sender: str, text: str) -> None:
        Person(self.slack, TEAM, sender).says(chat.partition("/")[2], text)

    def _did(self, act: Act) -> None:
        self._changes.notify()
        if act.method == "chat.postMessage" and act.arguments["channel"] != AMENDED:
            text = act.arguments["text"]
            self.heard[f"{TEAM}/{act.arguments['channel']}"].append(text)
            self.texts.add(text)

    def strike(self, rng: random.Random) -> None:
        """Beside what fails all the time: a pause, lost answers, an event once more, seldom a cut.

        Whoever is cut off every few seconds is left alone by the core for longer and longer.
        """
        slack = self.slack
        match rng.randrange(10):
            case 0 | 1:
                slack.faults.next(Fault(Kind.LIMITED), POSTS)
            case 2 | 3:
                slack.faults.next(Fault(Kind.LOST), POSTS)
            case 4 | 5:
                slack.faults.next(Fault(Kind.CUT), POSTS)
            case 9:
                slack.cut()
            case _ if slack.delivery.last:
                slack.delivery.send(slack.delivery.last)


@asynccontextmanager
async def begin(changes: Changes) -> AsyncIterator[OnSlack]:
    async with fake_slack() as slack:
        yield OnSlack(slack, changes)


def _amendments(place: Stage) -> Amendments:
    far = place.wire
    assert isinstance(far, OnSlack)
    return Amendments(place, far.slack, TEAM, AMENDED)


SLACK = networks.Attacked(
    "Slack", "bridges.slack:SlackAdapter", begin, decidable=True, beside=_amendments
)

kill_9 = partial(networks.kill_9, network=SLACK)
