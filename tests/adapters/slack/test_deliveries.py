"""What comes while a login is just being connected."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bridgekit import Login, LoginID, RetryLater
from bridgekit.testing.clock import settle
from bridges.slack import SlackAdapter
from bridges.slack.fake import FakeSlack
from bridges.slack.fake.person import Person
from tests.adapters.slack.conftest import ROOM, TEAM
from tests.adapters.slack.test_signing_in import Kept, config

LOGIN = Login(LoginID("slack:bot"), None, {"token": "xoxb-test"}, relay=True)


class Hearing(Kept):
    """Keeps what is delivered."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def logins(self) -> Sequence[Login]:
        return [LOGIN]

    async def receive(self, login: LoginID, *events: Any, cursor: str | None = None) -> None:
        del login, cursor
        self.heard += [one.id for one in events]


def told(ts: str, **said: str) -> dict[str, Any]:
    event = {"type": "message", "channel": ROOM, "ts": ts, "text": "hello", **said}
    return {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{ts}", "event": event}


async def test_what_the_app_has_said_waits_until_it_is_known_who_that_is(slack: FakeSlack) -> None:
    """Slack repeats it after a start; as a stranger's it would be shown."""
    host, bot = Hearing(), slack.state.bot_of(TEAM)
    assert bot is not None
    adapter = SlackAdapter(config(slack), host)
    own = [told("1.1", user=bot.user), told("1.2", bot_id=bot.bot)]
    async with adapter.connect(LOGIN) as client:
        for payload in own:
            with pytest.raises(RetryLater):
                await adapter._deliveries.take(payload)
        await adapter._deliveries.take(told("1.3", user=Person(slack, TEAM, "bob").id))
        assert host.heard == ["1.3"]
        run = asyncio.create_task(client.run())
        await settle()
        for payload in own:
            await adapter._deliveries.take(payload)
        assert host.heard == ["1.3", "1.1", "1.2"]
        run.cancel()
