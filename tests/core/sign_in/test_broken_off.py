"""Where somebody may still answer what nobody asks any more."""

from __future__ import annotations

from bridgekit.ids import RoomID, UserID
from bridgekit.sign_in.broken_off import BrokenOff

HERE = (RoomID("!r:x"), UserID("@alice:x"))


def test_what_a_restart_broke_off_is_remembered_until_somebody_begins_anew() -> None:
    one = BrokenOff()
    one.recall("s1", *HERE)
    assert one.take(*HERE)
    assert not one.take(*HERE), "asked once"
    one.recall("s2", *HERE)
    one.begin("s3", *HERE)
    assert not one.take(*HERE)


def test_what_came_to_nothing_is_remembered_unless_somebody_has_begun_anew() -> None:
    one = BrokenOff()
    one.begin("s1", *HERE)
    assert not one.take(*HERE), "it goes on"
    one.over("s1")
    assert not one.take(RoomID("!other:x"), HERE[1])
    assert one.take(*HERE)
    one.begin("s2", *HERE)
    one.begin("s3", *HERE)
    one.over("s2")
    assert not one.take(*HERE)
    one.over("none")
    one.over("s3")
    one.end("s3")
    assert not one.take(*HERE), "it is long ago"
