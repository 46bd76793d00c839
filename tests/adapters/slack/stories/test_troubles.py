"""What goes wrong between Slack and the bridge, row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from bridgekit import LoginState
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack import sockets
from bridges.slack.fake import Channel, Fault, Kind
from tests.adapters.slack.stories.subject import (
    ROOM,
    TEAM,
    OnSlack,
    channel,
    post,
    posts,
    slack_of,
)

JSON = dict[str, Any]


class TestGap(OnSlack):
    @scenario()
    async def test_what_comes_before_the_past_was_read_is_seen_behind_it(
        self, stage: Stage
    ) -> None:
        """Connections are back before the login is: what they bring waits for what was missed."""
        await stage.said("bob", "before it")
        await stage.seen("before it")
        await stage.network.miss()
        await stage.said("bob", "missed")
        texts = [f"after it {number}" for number in range(12)]
        with patch.object(sockets, "_FIRST", 0.01):
            await stage.network.drop()
            for text in texts:
                await stage.quiet(0.1)
                await stage.said("bob", text)
        await stage.seen(texts[-1])
        await stage.quiet(90.0)
        expected = ["before it", "missed", *texts]
        assert [one for one in stage.here.bodies() if one in expected] == expected


class TestNonsense(OnSlack):
    @scenario()
    async def test_what_lacks_something_is_degraded_or_set_aside(self, stage: Stage) -> None:
        delivery = slack_of(stage).delivery
        odd: list[JSON] = [
            {"type": "message", "channel": ROOM},
            {"type": "message", "channel": ROOM, "ts": 17.5, "text": "a number"},
            {"type": "message", "channel": ["C0ROOM"], "ts": "1.1"},
            {"type": "message", "subtype": "message_changed", "channel": ROOM},
            {"type": "message", "subtype": "message_deleted", "channel": ROOM},
            {"type": "reaction_added", "reaction": "wave", "item": {"type": "message"}},
            {"type": "member_joined_channel", "channel": ROOM},
            {"type": "something_new", "channel": ROOM},
            {"type": ["message"]},
            {},
        ]
        for event in odd:
            delivery.tell(TEAM, event, channel(stage))
        ts = slack_of(stage).state.ts()
        nobodys = {"type": "message", "channel": ROOM, "ts": ts, "text": "nobody says this"}
        delivery.tell(TEAM, nobodys, channel(stage))
        await stage.said("bob", "and on")
        await stage.seen("and on")
        assert any("nobody says this" in one for one in stage.here.texts())
        assert stage.set_aside == 7


class TestLogins(OnSlack):
    @scenario()
    async def test_a_revoked_token_stops_the_workspace_and_its_people_are_told(
        self, stage: Stage
    ) -> None:
        slack = slack_of(stage)
        bot = slack.state.bot_of(TEAM)
        assert bot is not None
        revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot.user]}}
        slack.delivery.tell(TEAM, revoked)
        await stage.until(lambda: _state(stage) is LoginState.REFUSED, "the login is refused")
        slack.refusing = "token_revoked"
        await stage.says("nobody hears this")
        await stage.until(stage.here.notices, "Alice is told")
        assert "install" in " ".join(stage.here.notices())

    @scenario()
    async def test_an_app_that_was_uninstalled_is_refused(self, stage: Stage) -> None:
        slack_of(stage).delivery.tell(TEAM, {"type": "app_uninstalled"})
        await stage.until(lambda: _state(stage) is LoginState.REFUSED, "the login is refused")

    @scenario()
    async def test_a_token_that_slack_refuses_in_the_middle_is_told(self, stage: Stage) -> None:
        slack_of(stage).refusing = "account_inactive"
        await stage.says("nobody hears this")
        await stage.until(stage.here.notices, "Alice is told")
        assert _state(stage) is LoginState.REFUSED


class TestSending(OnSlack):
    @scenario()
    async def test_a_missing_scope_is_named(self, stage: Stage) -> None:
        (bot,) = [one for one in slack_of(stage).state.tokens.values() if one.kind == "bot"]
        bot.scopes -= {"reactions:write"}
        await stage.said("bob", "apple")
        event = (await stage.seen("apple"))["event_id"]
        await stage.alice.react(stage.room, event, "👍")
        await stage.until(
            lambda: any("reactions:write" in one for one in stage.here.notices()), "it is named"
        )

    @scenario()
    async def test_only_the_channel_waits_that_slack_asks_to(self, stage: Stage) -> None:
        slack_of(stage).faults.next(Fault(Kind.LIMITED, after=600), {"chat.postMessage"})
        await stage.says("later")
        await stage.said("bob", "apple")
        event = (await stage.seen("apple"))["event_id"]
        await stage.alice.react(stage.room, event, "👍")
        await stage.quiet()
        assert stage.there.times("later") == 0
        await stage.until(lambda: stage.there.times("later"), "it is heard", within=700.0)

    @scenario()
    async def test_what_slack_puts_off_for_longer_than_a_message_may_wait_is_told(
        self, stage: Stage
    ) -> None:
        """A pause is kept for an hour at most, and then Slack is asked again."""
        assert stage.bridge.parts is not None
        (network,) = stage.bridge.parts.networks
        options = replace(network.options, expire_to_network=5_400_000)  # an hour and a half
        stage.bridge.parts.networks.add([replace(network, options=options)])
        for _ in range(3):
            slack_of(stage).faults.next(Fault(Kind.LIMITED, after=1_000_000), {"chat.postMessage"})
        await stage.says("too late")
        await stage.until(
            lambda: any("longer than a message may" in one for one in stage.here.notices()),
            "Alice is told",
            within=9_000.0,
        )
        assert slack_of(stage).faults.struck["chat.postMessage"] == 2
        slack_of(stage).faults.once.clear()
        await stage.says("and on")
        await stage.heard("and on")
        assert stage.there.times("too late") == 0

    @scenario()
    async def test_a_post_that_slack_failed_over_is_looked_up_before_it_is_repeated(
        self, stage: Stage
    ) -> None:
        faults = slack_of(stage).faults
        for kind in (Kind.BROKEN, Kind.REFUSED):
            faults.next(Fault(kind), {"chat.postMessage"})
            await stage.says(f"once, {kind}")
            await stage.heard(f"once, {kind}")
        faults.next(Fault(Kind.ERROR, code="internal_error"), {"chat.postMessage"})
        await stage.says("once, internal_error")
        await stage.heard("once, internal_error")
        await stage.quiet()
        texts = [one["text"] for one in posts(stage)]
        assert len(texts) == len(set(texts)) == 4
        assert stage.here.notices() == []

    @scenario()
    async def test_a_message_to_a_thread_is_looked_up_there(self, stage: Stage) -> None:
        await stage.said("bob", "a story")
        event = (await stage.seen("a story"))["event_id"]
        slack_of(stage).faults.next(Fault(Kind.LOST), {"chat.postMessage"})
        await stage.alice.thread(stage.room, event, "in the thread")
        await post(stage, lambda one: one["text"] == "in the thread", "it is heard")
        await stage.says("and on")
        await stage.heard("and on")
        await stage.quiet()
        assert [one["text"] for one in posts(stage)].count("in the thread") == 1
        assert stage.here.notices() == []

    @scenario()
    async def test_an_edit_that_is_no_longer_allowed_is_told(self, stage: Stage) -> None:
        event = await stage.says("a typo")
        await stage.heard("a typo")
        slack_of(stage).faults.next(Fault(Kind.ERROR, code="edit_window_closed"), {"chat.update"})
        await stage.alice.edit(stage.room, event, "no typo")
        await stage.until(
            lambda: any("may be changed is over" in one for one in stage.here.notices()), "told"
        )

    @scenario()
    async def test_what_is_gone_already_is_deleted_without_a_word(self, stage: Stage) -> None:
        event = await stage.says("a slip")
        heard = await stage.heard("a slip")
        assert heard.id is not None
        del channel(stage).messages[heard.id]
        await stage.alice.redact(stage.room, event)
        await stage.says("and on")
        await stage.heard("and on")
        assert stage.here.notices() == []


class TestNotInside(OnSlack):
    @scenario()
    async def test_the_app_enters_a_public_channel_by_itself(self, stage: Stage) -> None:
        bot = slack_of(stage).state.bot_of(TEAM)
        assert bot is not None
        channel(stage).members.remove(bot.user)
        left = {"type": "member_left_channel", "user": bot.user, "channel": ROOM, "team": TEAM}
        slack_of(stage).delivery.tell(TEAM, left | {"event_ts": "1.1"})
        await stage.until(lambda: bot.user in channel(stage).members, "it is in again")
        await stage.says("back again")
        await stage.heard("back again")


class TestPrivateChannel(OnSlack):
    @staticmethod
    def room() -> Channel:
        return Channel(ROOM, "secret", "group", ["U0BOB"])

    @scenario()
    async def test_a_private_channel_is_bridged_once_the_app_was_invited(
        self, stage: Stage
    ) -> None:
        await stage.said("bob", "among us")
        await stage.seen("among us")
        await stage.says("yes")
        await stage.heard("yes")


def _state(stage: Stage) -> LoginState:
    parts = stage.bridge.parts
    assert parts is not None
    (network,) = parts.networks
    (login,) = network.logins.all()
    found: LoginState = network.logins.state(login.id)[0]
    return found
