"""What became of a message, shown at the message itself where the operator wants it."""

from __future__ import annotations

import pytest

from bridgekit.configuration.settings import RoomsSettings
from bridgekit.errors import Rejected

STATUS = "com.beeper.message_send_status"


async def statuses(stage, event: str) -> list[dict[str, object]]:
    found = [
        one["content"] for one in await stage.alice.events(stage.room) if one["type"] == STATUS
    ]
    return [one for one in found if one["m.relates_to"]["event_id"] == event]


async def both(stage, shown: str) -> tuple[str, str]:
    """A message that the network refuses, and one that it takes."""
    stage.rig.settings["rooms"] = RoomsSettings(send_status=shown)
    room = await stage.begin()
    stage.network.before.append(lambda _: Rejected("The network takes no cats."))
    refused = await stage.alice.say(room, "a cat")
    taken = await stage.alice.say(room, "a dog")
    await stage.heard("a dog")
    await stage.ended(2)
    await stage.notice("takes no cats")
    return refused, taken


async def test_nothing_is_sent_unless_it_is_wanted(stage):
    refused, taken = await both(stage, "nothing")
    assert await statuses(stage, refused) + await statuses(stage, taken) == []


async def test_a_failure_says_why_with_its_reference(stage):
    refused, taken = await both(stage, "failures")
    (said,) = await statuses(stage, refused)
    assert (said["status"], said["reason"]) == ("FAIL_PERMANENT", "m.foreign_network_error")
    assert str(said["message"]).startswith("The network takes no cats. (BK-")
    assert said["network"] == "loop"
    assert await statuses(stage, taken) == []


async def test_what_arrives_is_shown_too_where_everything_is(stage):
    refused, taken = await both(stage, "everything")
    assert [one["status"] for one in await statuses(stage, refused)] == ["FAIL_PERMANENT"]
    assert [one["status"] for one in await statuses(stage, taken)] == ["SUCCESS"]


async def test_what_waits_is_pending_until_it_arrives(timed, slow_login, later):
    timed.rig.settings["rooms"] = RoomsSettings(send_status="everything")
    room = await timed.begin()
    clock = timed.rig.clock
    event = await timed.alice.say(room, "anybody there?")
    await later(lambda: timed.parts.queue.waiting > 0, clock)
    await later(lambda: clock.monotonic() > 200, clock, 5)
    await timed.notice("is waiting")
    assert [one["status"] for one in await statuses(timed, event)] == ["PENDING"]
    slow_login.set()
    await timed.heard("anybody there?")
    await timed.ended(1)
    assert [one["status"] for one in await statuses(timed, event)] == ["PENDING", "SUCCESS"]


@pytest.mark.parametrize("shown", ["sometimes", ""])
def test_other_settings_are_refused(shown):
    with pytest.raises(ValueError, match="send_status"):
        RoomsSettings(send_status=shown)
