"""The table of fallbacks, its configuration, and what senders hear of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridgekit.adapter import Sent
from bridgekit.configuration.fallback_settings import ExpirySettings, FallbackSettings
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.configuration.relay_settings import RelaySettings
from bridgekit.options import DAY, HOUR, options_of
from bridgekit.testing.homeserver.faults import FaultKind
from bridgekit.to_network.fallback import TABLE, Feature, Way

TESTS = Path(__file__).parent
# What shows each way of each feature: a file of this folder, and words of a test in it.
SHOWN = {
    (Feature.EDIT, Way.MESSAGE): ("test_edits.py", "an_edit_becomes_a_new_message"),
    (Feature.EDIT, Way.SHORT): ("test_edits.py", "an_edit_may_be_said_in_short"),
    (Feature.EDIT, Way.NOTHING): ("test_fallbacks.py", "an_operator_may_want_no_new_message"),
    (Feature.DELETION, Way.NOTHING): ("test_fallbacks.py", "a_deletion_that_cannot_be"),
    (Feature.DELETION, Way.LINE): ("test_fallbacks.py", "a_deletion_may_become_a_line"),
    (Feature.REACTION, Way.NOTHING): ("test_reactions.py", "a_network_without_reactions"),
    (Feature.REACTION, Way.LINE): ("test_reactions.py", "an_operator_may_want_a_line"),
    (Feature.REPLY, Way.QUOTE): ("test_replies.py", "a_reply_becomes_a_short_quote"),
    (Feature.REPLY, Way.PLAIN): ("test_replies.py", "an_operator_may_want_plain_replies"),
    (Feature.THREAD, Way.REPLY): ("test_replies.py", "a_thread_becomes_a_reply"),
    (Feature.THREAD, Way.PLAIN): ("test_replies.py", "an_operator_may_want_plain_replies"),
    **{
        (Feature(kind), Way.LINK): ("test_fallbacks.py", "every_kind_of_file_may_be_a_link")
        for kind in ("image", "file", "audio", "video", "voice", "sticker")
    },
    **{
        (Feature(kind), Way.NOTHING): ("test_fallbacks.py", "every_kind_of_file_may_be_left_out")
        for kind in ("image", "file", "audio", "video", "voice", "sticker")
    },
    (Feature.LOCATION, Way.LINE): ("test_polls.py", "a_place_becomes_a_line"),
    (Feature.LOCATION, Way.NOTHING): ("test_fallbacks.py", "neither_places_nor_polls"),
    (Feature.POLL, Way.LINE): ("test_polls.py", "a_poll_becomes_lines"),
    (Feature.POLL, Way.NOTHING): ("test_fallbacks.py", "neither_places_nor_polls"),
    (Feature.VOTE, Way.NOTHING): ("test_polls.py", "votes_are_told_once"),
    (Feature.VOTE, Way.LINE): ("test_polls.py", "a_poll_becomes_lines"),
    (Feature.PIN, Way.NOTHING): ("test_polls.py", "pins_are_told_once"),
    (Feature.PIN, Way.LINE): ("test_polls.py", "a_pin_becomes_a_line"),
    (Feature.MEMBERSHIP, Way.NOTHING): ("test_members.py", "a_network_that_is_told_of_nobody"),
    (Feature.CHAT, Way.NOTHING): ("test_members.py", "a_network_that_takes_no_names"),
    (Feature.LONG_TEXT, Way.PARTS): ("test_pages.py", "a_long_text_becomes_a_page"),
    (Feature.LONG_TEXT, Way.LINK): ("test_pages.py", "a_long_text_becomes_a_page"),
}


def test_every_way_of_every_feature_has_its_test():
    ways = {(feature, way) for feature, ways in TABLE.items() for way in ways}
    assert set(SHOWN) == ways
    assert set(TABLE) == set(Feature)
    for file, words in SHOWN.values():
        assert f"def test_{words}" in (TESTS / file).read_text("utf-8"), words


def test_the_settings_offer_what_the_table_does():
    for name, field in FallbackSettings.model_fields.items():
        ways = TABLE[Feature(name)]
        assert field.default == ways[0].value
        assert set(field.annotation.__args__) == {way.value for way in ways}
    unsaid = {feature for feature, ways in TABLE.items() if len(ways) == 1}
    assert {*map(Feature, FallbackSettings.model_fields), *unsaid} == set(Feature)


def test_options_are_as_configured():
    fallbacks = FallbackSettings(reaction="line")
    options = options_of(
        fallbacks, ExpirySettings(to_network=0.5), HistorySettings(), RelaySettings()
    )
    assert options.fallbacks.way(Feature.REACTION) is Way.LINE
    assert options.fallbacks.way(Feature.EDIT) is Way.MESSAGE
    assert (options.expire_to_network, options.expire_to_matrix) == (HOUR // 2, 90 * DAY)


def lacking(stage, *abilities: str, **ways: str) -> None:
    from bridgekit import supports

    stage.network.lacks = frozenset(getattr(supports, f"Supports{name}") for name in abilities)
    stage.rig.network_settings["fallbacks"] = FallbackSettings(**ways)


async def said(stage) -> str:
    await stage.begin()
    event = await stage.alice.say(stage.room, "hello")
    await stage.ended()
    return event


async def test_an_operator_may_want_no_new_message_for_an_edit(stage):
    lacking(stage, "Edit", edit="nothing")
    event = await said(stage)
    await stage.alice.edit(stage.room, event, "bye")
    notice = await stage.notice("loop cannot change messages.")
    assert "Your edit was not bridged" in notice["body"]
    assert stage.network.texts() == ["hello"]


async def test_a_deletion_that_cannot_be_is_told_once_per_room(stage):
    lacking(stage, "Delete")
    await stage.begin()
    for count in (2, 4):
        event = await stage.alice.say(stage.room, "hello")
        await stage.ended(count - 1)
        await stage.alice.redact(stage.room, event)
        await stage.ended(count)
    (notice,) = await stage.notices()
    assert "Your deletion was not bridged. loop cannot take messages back" in notice


async def test_a_deletion_may_become_a_line_that_says_nothing_of_it(stage):
    lacking(stage, "Delete", deletion="line")
    event = await said(stage)
    await stage.alice.redact(stage.room, event)
    await stage.network.wait(lambda: len(stage.network.heard) == 2)
    line = stage.network.texts()[1]
    assert line.startswith("deleted the message of ")
    assert "hello" not in line


async def test_the_outcome_says_which_fallback_was_used(stage):
    lacking(stage, "Delete", deletion="line")
    event = await said(stage)
    await stage.alice.redact(stage.room, event)
    plain, line = await stage.ended(2)
    assert plain.detail == "Delivered."
    assert line.detail.endswith("A line there says that you deleted it.")


async def shows(stage, kind: str) -> None:
    if kind == "sticker":
        await stage.alice.sticker(stage.room, "wave", "image/webp", b"RIFF")
    elif kind == "voice":
        await stage.alice.voice(stage.room, b"OggS")
    else:
        await stage.alice.send_file(stage.room, "it", "text/plain", b"x", kind=f"m.{kind}")


FILES = pytest.mark.parametrize("kind", ["image", "file", "audio", "video", "voice", "sticker"])


@FILES
async def test_every_kind_of_file_may_be_a_link(stage, kind, monkeypatch):
    from bridgekit.media.links import Links

    async def link(*_: object) -> str:
        return "https://bridge.example/1"

    monkeypatch.setattr(Links, "possible", True)
    monkeypatch.setattr(Links, "link", link)
    stage.network.limits = replace(stage.network.limits, attachments=frozenset())
    await stage.begin()
    await shows(stage, kind)
    await stage.network.wait(lambda: bool(stage.network.heard))
    assert stage.network.texts()[0].endswith(" https://bridge.example/1")


@FILES
async def test_every_kind_of_file_may_be_left_out(stage, kind):
    lacking(stage, **{kind: "nothing"})
    stage.network.limits = replace(stage.network.limits, attachments=frozenset())
    await stage.begin()
    await shows(stage, kind)
    notice = await stage.notice("loop does not take this file")
    assert "link" not in notice["body"]
    assert stage.network.acts == []


async def test_neither_places_nor_polls_where_the_operator_wants_none(stage):
    lacking(stage, "Location", "Poll", location="nothing", poll="nothing")
    room = await stage.begin()
    await stage.alice.send_location(room, 1, 2)
    await stage.notice("loop cannot show places.")
    poll = await stage.alice.poll(room, "Tea?", "yes")
    await stage.notice("loop has no polls.")
    await stage.alice.end_poll(room, poll)
    await stage.ended(3)
    assert stage.network.acts == []


async def test_what_the_network_says_of_a_send_reaches_its_sender_once(stage, monkeypatch):
    from bridgekit.testing.loopback.client import LoopbackClient

    send = LoopbackClient.send

    async def noted(client, event) -> Sent:
        return replace(await send(client, event), note="It went as\n6 SMS.")

    monkeypatch.setattr(LoopbackClient, "send", noted)
    room = await stage.begin()
    for count, text in enumerate(("one", "two"), 1):
        await stage.alice.say(room, text)
        await stage.ended(count)
    (notice,) = await stage.notices()
    assert "It went as 6 SMS." in notice


async def test_a_note_that_cannot_be_said_is_said_the_next_time(stage):
    lacking(stage, "Edit")
    event = await said(stage)
    fault = stage.hs.faults.add(FaultKind.FAIL, "PUT", "/send/m.room.message/", times=None)
    body = {"msgtype": "m.text", "body": "x"}
    relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}
    await stage.push("$edit", {**body, "m.new_content": body} | relation)
    (_, outcome) = await stage.ended(2)
    assert outcome.result == "delivered"
    assert fault.struck
    fault.clear()
    await stage.alice.edit(stage.room, event, "y")
    await stage.notice("loop cannot change messages.")
    assert stage.network.texts() == ["hello", "* x", "* y"]
