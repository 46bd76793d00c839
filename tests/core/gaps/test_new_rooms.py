"""What a new room gets of its chat's past, as the operator wants it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bridgekit.adapter import LoginState
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.store.aside import AsideRows
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import Rig

ROOM = ChatID("#room")


@pytest.fixture
async def rig(tmp_path, database):
    async with Rig(tmp_path, database=database) as rig:
        yield rig


def past(rig, count):
    now = datetime.now(UTC)
    for number in range(count):
        at = now - timedelta(days=count - number)
        message = Message(from_plain(f"past {number}"))
        rig.network.happen(
            RemoteEvent(Chat(ROOM), RemoteUserID("bob"), message, id=MessageID(f"p{number}"), at=at)
        )


async def _connected(rig):
    """Return once the connect is over: no room of later counts as one that was there."""
    (network,) = rig.bridge.parts.networks
    while network.logins.state(network.logins.listeners.of("#room"))[0] is not LoginState.ONLINE:
        await settle()
    while rig.bridge.parts.matrix.gaps._starting:
        await settle()


async def texts(rig):
    """What is shown once something new was said."""
    await rig.start()
    await _connected(rig)
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await rig.network.person("bob").say(ROOM, "new", id="new")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "new")
    said = [event["content"].get("body") for event in await alice.messages(room)]
    return [text for text in said if text and (text == "new" or text.startswith("past"))]


async def test_a_new_room_is_empty_unless_the_operator_wants_the_past(rig):
    past(rig, 3)
    assert await texts(rig) == ["new"]


async def test_the_last_messages_are_shown_before_what_is_new(rig):
    rig.network_settings["history"] = HistorySettings(last=3)
    past(rig, 5)
    # The first new message counts among the last, unless the past was read before it was said.
    assert await texts(rig) in (
        ["past 3", "past 4", "new"],
        ["past 2", "past 3", "past 4", "new"],
    )


async def test_everything_since_a_day_is_shown(rig):
    day = datetime.now(UTC).date() - timedelta(days=2)
    rig.network_settings["history"] = HistorySettings(since=day)
    past(rig, 5)
    assert (await texts(rig))[-3:] == ["past 3", "past 4", "new"]


async def test_everything_since_a_day_long_ago_is_shown(rig):
    now = datetime.now(UTC)
    rig.network_settings["history"] = HistorySettings(since=(now - timedelta(days=200)).date())
    for days in (250, 150, 100, 10):
        message = Message(from_plain(f"past {days}"))
        at, told = now - timedelta(days=days), MessageID(f"p{days}")
        rig.network.happen(RemoteEvent(Chat(ROOM), RemoteUserID("bob"), message, id=told, at=at))
    assert await texts(rig) == ["past 150", "past 100", "past 10", "new"]


async def test_what_of_the_past_cannot_be_stored_is_set_aside(rig):
    rig.network_settings["history"] = HistorySettings(last=3)
    past(rig, 2)
    broken = MessageID("\ud800")
    message = Message(from_plain("past broken"))
    rig.network.happen(RemoteEvent(Chat(ROOM), RemoteUserID("bob"), message, id=broken))
    assert (await texts(rig))[-2:] == ["past 1", "new"]
    aside = await AsideRows(rig.bridge.parts.store.reader).listed(10)
    assert len(aside) == 1


async def test_the_past_is_shown_once(rig):
    rig.network_settings["history"] = HistorySettings(last=2)
    past(rig, 3)
    before = await texts(rig)
    assert before[-2:] == ["past 2", "new"]
    await rig.stop()
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await rig.network.person("bob").say(ROOM, "newer", id="newer")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "newer")
    said = [event["content"].get("body") for event in await alice.messages(room)]
    assert [text for text in said if text and text.startswith("past")] == before[:-1]


def test_a_history_of_both_kinds_is_refused():
    with pytest.raises(ValueError, match="keep one of them"):
        HistorySettings(last=5, since=date(2026, 1, 1))
