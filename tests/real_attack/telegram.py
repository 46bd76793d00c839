"""A fake Bot API server as the far side of an attack, with what goes wrong at the real one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from bridgekit.testing.homeserver.changes import Changes
from bridges.telegram.fake import TOKEN, FakeTelegram, serving
from bridges.telegram.fake.acts import Did
from bridges.telegram.fake.errors import BotError, too_many
from bridges.telegram.fake.faults import Loss
from tests.real_attack import networks

CHATS = ("-1000000000001", "-1000000000002", "-1000000000003")
UNLIMITED = {"overall": 10_000, "chat": 10_000, "group": 600_000, "burst": 10_000}
BAD_GATEWAY = BotError(502, "Bad Gateway")


class OnTelegram:
    """The bot speaks for everybody, and it is told again what it did not confirm."""

    chats = CHATS
    connected = True

    def __init__(self, fake: FakeTelegram, changes: Changes, **more: object) -> None:
        """`more` are further settings."""
        self._fake, self._changes, self._more = fake, changes, more
        self.heard: defaultdict[str, list[str]] = defaultdict(list)
        self.texts: set[str] = set()
        self.doubts = 0
        fake.acts.watchers.append(self._did)
        for chat in CHATS:
            fake.state.add_chat(int(chat))

    @property
    def settings(self) -> dict[str, object]:
        where = {"token": TOKEN, "api_url": self._fake.url, "poll_timeout": 5}
        return {**where, "pace": UNLIMITED, **self._more}

    def say(self, chat: str, sender: str, text: str) -> None:
        self._fake.people.say(sender, int(chat), text)

    def _did(self, did: Did) -> None:
        if did.method == "sendmessage":
            text = did.message["text"].partition(": ")[2]
            self.heard[str(did.chat)].append(text)
            self.texts.add(text)
            self._changes.notify()

    def strike(self, rng: random.Random) -> None:
        """Of sends whose answer is lost Telegram can tell nothing, so those are told."""
        faults, calls = self._fake.faults, bool(self._fake.webhook.url)
        match rng.randrange(6):
            case 0:
                faults.next(too_many(1))
            case 1 | 2 as lost:
                self.doubts += 1
                faults.next(Loss.AFTER if lost == 1 else Loss.BEFORE)
            case 3 | 5 if calls:  # it does not ask, so nothing of that can fail
                self._fake.webhook.lost += 1
            case 3:
                faults.next(BAD_GATEWAY, lambda method: method == "getupdates")
            case 4:
                self._fake.queue.repeat()
            case _:
                faults.next(Loss.AFTER, lambda method: method == "getupdates")


@asynccontextmanager
async def polled(changes: Changes) -> AsyncIterator[OnTelegram]:
    async with serving(FakeTelegram()) as fake:
        yield OnTelegram(fake, changes)


@asynccontextmanager
async def calling(changes: Changes) -> AsyncIterator[OnTelegram]:
    async with serving(FakeTelegram()) as fake:
        yield OnTelegram(fake, changes, transport="webhook", webhook_secret="nobody-else-knows")


ADAPTER = "bridges.telegram:TelegramAdapter"
POLLED = networks.Attacked("Telegram", ADAPTER, polled)
CALLING = networks.Attacked("Telegram, by webhook", ADAPTER, calling, webhook=True)

kill_9 = partial(networks.kill_9, network=POLLED)
kill_9_by_webhook = partial(networks.kill_9, network=CALLING)
