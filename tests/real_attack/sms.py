"""An SMSC as the far side of an attack, with what goes wrong at real ones."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from bridgekit.testing.homeserver.changes import Changes
from bridges.sms.fake import FakeSmsc, fake_smsc
from bridges.sms.fake.smsc import PASSWORD, USER
from bridges.sms.fake.troubles import OWN
from tests.real_attack import networks

PEERS = ("14155550101", "14155550102", "14155550103")
# Each follows soon upon the one before, so the bridge waits twice as long before it connects again:
# that spares a network that closes what it lets in. More of them would only try that pause.
CUTS = 5
LONG = 4  # one text of so many is long


class OnPhones:
    """One number speaks for everybody. What was not answered the SMSC tells again."""

    chats = tuple(f"{OWN}/{peer}" for peer in PEERS)
    connected = True

    def __init__(self, smsc: FakeSmsc, changes: Changes) -> None:
        self._smsc, self._changes = smsc, changes
        self.heard: defaultdict[str, list[str]] = defaultdict(list)
        self.texts: set[str] = set()
        self.doubts = 0
        smsc.watchers.append(self._got)
        self._cuts = 0

    @property
    def settings(self) -> dict[str, object]:
        account = {"provider": "smpp", "api_url": f"smpp://127.0.0.1:{self._smsc.port}"}
        return {
            "providers": {"smsc": {**account, "user": USER, "secret": PASSWORD}},
            "numbers": {OWN: {"rate": 10_000, "burst": 10_000}},
            "per_day": None,
            "per_minute": 1_000_000,
            "timeout": 1,
        }

    def say(self, chat: str, sender: str, text: str) -> None:
        del sender  # a phone is one person's
        self._smsc.texts(chat.partition("/")[2], text)

    def _got(self, peer: str, text: str) -> None:
        self._smsc.report(f"{len(self._smsc.submitted)}", "DELIVRD", peer=peer)
        text = text.partition(": ")[2]
        self.heard[f"{OWN}/{peer}"].append(text)
        self.texts.add(text)
        self._changes.notify()

    def strike(self, rng: random.Random) -> None:
        """SMPP can be asked nothing: a lost answer leaves one in doubt, a cut all under way."""
        match rng.randrange(6):
            case 0 if self._cuts < CUTS:
                self._cuts += 1
                self.doubts += len(PEERS)
                self._smsc.cut()
            case 0 | 1 | 2 as lost:
                self.doubts += 1
                self._smsc.mute(taken=lost > 0)
            case _:
                self._smsc.throttle(rng.randrange(1, 3))


@asynccontextmanager
async def begin(changes: Changes) -> AsyncIterator[OnPhones]:
    async with fake_smsc() as smsc:
        yield OnPhones(smsc, changes)


def spoken(text: str) -> str:
    """Every fourth is of three parts: a kill, a lost answer and a cut fall between them, too."""
    number = int(text.rpartition(" ")[2])
    return text if number % LONG else f"{text} {' '.join(['and so on'] * 40)}"


SMS = networks.Attacked("SMS", "bridges.sms:SMSAdapter", begin, spoken=spoken)

kill_9 = partial(networks.kill_9, network=SMS)
