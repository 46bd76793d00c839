"""The fake Slack, with slack-sdk's own client for whoever asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bridges.slack.fake import Channel, FakeSlack, Token, fake_slack
from bridges.slack.manifest import BOT_SCOPES

TEAM, ROOM = "T0TEAM", "C0ROOM"


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """One workspace with the app, in one channel."""
    async with fake_slack() as slack:
        bot = slack.state.install(TEAM, "xoxb-test", BOT_SCOPES)
        scopes = frozenset({"connections:write"})
        slack.state.add_token(Token("xapp-test", "app", "", scopes=scopes))
        slack.state.workspace(TEAM).channels[ROOM] = Channel(ROOM, "room", members=[bot.user])
        yield slack


@pytest.fixture
def web(slack: FakeSlack) -> AsyncWebClient:
    """slack-sdk's own client, as the app."""
    return AsyncWebClient(token="xoxb-test", base_url=slack.api_url, retry_handlers=[])
