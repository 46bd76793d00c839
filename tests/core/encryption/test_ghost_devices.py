"""Ghosts speak by devices of their own, where they have some: what clients then show of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from shutil import copyfile
from typing import Any

from structlog.testing import capture_logs

from bridgekit.errors import RetryLater
from bridgekit.ids import TransactionID, UserID
from bridgekit.store.encryption import save_room_key, save_to_device
from bridgekit.store.reader import Reader
from bridgekit.store.sql import Rows
from bridgekit.store.store import open_store
from tests.core.encryption.conftest import lives
from tests.core.encryption.far_side import ALICE, BOT, ROOM, FarSide
from tests.core.encryption.scene import Ahead

BOB, EVE = UserID("@net_bob:example.org"), UserID("@net_eve:example.org")
WHO = (BOB, EVE, None, BOB, EVE, None)


async def say(side: Any, far: FarSide, user: UserID | None, word: str) -> None:
    """As the lanes do: again, under the same transaction ID, until it is done."""
    txn = TransactionID(word)
    found = None
    while found is None:
        with suppress(RetryLater):
            found = await side.sealed(ROOM, "m.room.message", {"body": word}, txn, user)
    far.step()
    # What the homeserver has is there, whether its answer comes or not.
    if all(event["txn"] != txn for event in far.history):
        far.history.append({"sender": user or BOT, "txn": txn, "content": dict(found[1])})
    far.step()


def words(far: FarSide) -> list[str]:
    """What alice reads, in which every place of a key is another one."""
    read = [far.alice_reads(event["content"]) for event in far.history]
    used = [event["content"]["session_id"] for event in far.history]
    places = set(zip(used, (place for _, place in read), strict=True))
    assert len(places) == len(read)
    return [one["content"]["body"] for one, _ in read]


def shields(far: FarSide) -> list[str]:
    return [far.shown(event) for event in far.history]


def sessions(far: FarSide, sender: UserID) -> set[str]:
    said = [event["content"] for event in far.history if event["sender"] == sender]
    return {content["session_id"] for content in said}


async def test_everybody_speaks_with_a_key_and_a_device_of_their_own(begun, far) -> None:
    async with begun() as side:
        for number, user in enumerate(WHO):
            await say(side, far, user, f"word {number}")
        assert words(far) == [f"word {number}" for number in range(len(WHO))]
        assert shields(far) == [""] * len(WHO)
        named = [sessions(far, user or BOT) for user in WHO[:3]]
        assert [len(one) for one in named] == [1, 1, 1]
        assert len(set().union(*named)) == 3
        assert far.ghosts.requests == ["make", "sign", "upload", "list"] * 2
        # There is one conversation with her device, in whosever name something is said.
        assert len(await side.mailbox._rows.olm({far.keys.curve25519})) == 1


async def test_what_a_ghost_says_in_a_room_that_is_known_asks_the_store_nothing(
    begun, far, monkeypatch
) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")

        async def asked(*_: Any) -> Any:
            raise AssertionError("the store was asked")

        monkeypatch.setattr(Reader, "all", asked)
        await say(side, far, BOB, "two")
        await say(side, far, BOB, "three")
    assert words(far) == ["one", "two", "three"]


async def test_people_who_speak_by_the_bridge_have_no_device_of_it(begun, far) -> None:
    async with begun() as side:
        await say(side, far, ALICE, "by her own account")
    assert far.ghosts.requests == []
    assert words(far) == ["by her own account"]
    assert far.history[0]["content"]["session_id"] in far.keys.sessions
    assert far.shown(far.history[0]) == "of another's device"


async def _talk(process: Any, far: FarSide) -> None:
    async with process() as side:
        for number, user in enumerate(WHO[:4]):
            await say(side, far, user, f"word {number}")


async def test_it_dies_at_each_moment_and_nothing_is_lost_or_said_twice(
    begun, far, tmp_path
) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'empty'}", Ahead()):
        pass
    moment, lived = 0, False
    while not lived:
        moment += 1
        far.__init__()
        for file in tmp_path.glob("bridge.db*"):
            file.unlink()
        copyfile(tmp_path / "empty", tmp_path / "bridge.db")
        far.die_at = moment
        lived = await lives(_talk(begun, far))
        far.die_at = -1
        await _talk(begun, far)
        assert words(far) == [f"word {number}" for number in range(4)], moment
        assert shields(far) == [""] * 4, moment
        # Their devices were made once, but for the one that it died at.
        assert far.ghosts.requests.count("make") <= 3, moment
        assert {len(made) for made in far.ghosts.made.values()} == {1}, moment
    assert moment > 50


async def test_the_next_process_makes_no_device_again(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")
    asked = len(far.ghosts.requests)
    async with begun() as side:
        await say(side, far, BOB, "two")
    assert len(far.ghosts.requests) == asked
    assert len(sessions(far, BOB)) == 1
    assert words(far) == ["one", "two"]
    assert far.announced == []


async def test_a_new_device_of_the_bridge_is_theirs_when_they_speak_again(begun, far) -> None:
    async with begun() as side:
        for user, word in ((BOB, "one"), (EVE, "two")):
            await say(side, far, user, word)
        old = side.device.row.device
        side.device.suspect("a test")
        await side.device.settle()
        assert far.ghosts.requests.count("make") == 2
        await say(side, far, BOB, "three")
        new = side.device.row.device
        assert set(far.ghosts.made[BOB]) == {new} != {old}
        assert set(far.ghosts.made[EVE]) == {old}
        assert far.shown(far.history[-1]) == ""
        assert words(far) == ["one", "two", "three"]
        # And whoever says nothing more has none in the end.
        await _days_later(side)
        assert far.ghosts.made == {BOB: {new: far.ghosts.made[BOB][new]}, EVE: {}}


async def test_what_is_being_said_while_the_device_changes_is_said_by_the_new_one(
    begun, far, monkeypatch
) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")
        side._envelopes._rooms.peek(ROOM).outdated()
        readers = far.readers

        async def meanwhile(room: Any) -> Any:
            monkeypatch.setattr(far, "readers", readers)
            side.device.suspect("a test")
            await side.device.settle()
            return await readers(room)

        monkeypatch.setattr(far, "readers", meanwhile)
        await say(side, far, BOB, "two")
        one, two = [event["content"] for event in far.history]
        assert one["session_id"] != two["session_id"]
        assert two["device_id"] == side.device.row.device != one["device_id"]
        assert far.shown(far.history[1]) == ""
    assert words(far) == ["one", "two"]


async def test_other_keys_that_vouch_are_theirs_too(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")
    far.account_data.clear()  # the recovery key, say, was lost
    async with begun() as side:
        await say(side, far, BOB, "two")
    assert shields(far) == ["", ""]
    assert far.ghosts.requests.count("sign") == 2


async def test_where_a_homeserver_makes_none_the_bot_s_is_taken_and_it_is_said_once(
    begun, far
) -> None:
    far.ghosts.able = False
    async with begun() as side:
        with capture_logs() as logs:
            for number, user in enumerate(WHO):
                await say(side, far, user, f"word {number}")
    assert words(far) == [f"word {number}" for number in range(len(WHO))]
    assert shields(far)[:3] == ["of another's device", "of another's device", ""]
    assert [one["log_level"] for one in logs if "ghosts speak" in one["event"]] == ["warning"]
    assert far.ghosts.requests == ["make", "make"]  # each is tried once


async def test_a_device_that_came_of_a_login_is_the_bot_s_alone(begun, far) -> None:
    async with begun() as side:
        far.token = "of a login"
        await say(side, far, BOB, "one")
    assert far.ghosts.requests == []
    assert words(far) == ["one"]


async def test_a_ghost_that_is_locked_holds_up_nobody(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")
        far.ghosts.gone.add(BOB)
        # Its key goes to others again, and may not.
        side._envelopes._rooms.peek(ROOM).outdated()
        stored = save_to_device("bkleft", ROOM, '{"kind": "m.room.encrypted", "messages": {}}', BOB)
        await side.mailbox._writer.write(Rows(stored))
        await say(side, far, EVE, "two")
        await say(side, far, BOB, "three")
        assert await side.mailbox._rows.room_key(ROOM, BOB) is None
    assert words(far) == ["one", "two", "three"]
    assert shields(far) == ["", "", "of another's device"]


async def test_what_is_sent_to_them_is_read_once_a_day(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")
        far.ghosts.mail_of[BOB] = [{"type": "m.dummy", "content": {}}] * 8
        await side._ghosts._see_to_all()
        assert far.ghosts.taken == {}
        await _days_later(side)
        assert far.ghosts.taken == {BOB: 8}
        asked = far.ghosts.requests.count("mail")
        await side._ghosts._see_to_all()
        assert far.ghosts.requests.count("mail") == asked


async def test_a_device_that_the_homeserver_has_lost_is_made_again(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")
        far.ghosts.made[BOB].clear()
        await say(side, far, BOB, "two")
        assert far.shown(far.history[-1]) == "of an unknown device"
        await _days_later(side)
        await say(side, far, BOB, "three")
        assert far.shown(far.history[-1]) == ""


async def test_without_them_those_that_were_made_go(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "one")
    far.ghosts.used = False
    async with begun() as side:
        await say(side, far, BOB, "two")
        await _days_later(side)
    assert far.ghosts.made == {BOB: {}}
    assert words(far) == ["one", "two"]
    assert far.shown(far.history[-1]) == "of another's device"


async def test_whoever_left_reads_nothing_more_of_any_of_them(begun, far) -> None:
    async with begun() as side:
        for user, word in ((BOB, "one"), (EVE, "two")):
            await say(side, far, user, word)
        far.readers_now.discard(ALICE)
        side._envelopes.moved(ROOM, ALICE)
        for user, word in ((BOB, "three"), (EVE, "four")):
            await say(side, far, user, word)
    known = [event["content"]["session_id"] in far.keys.sessions for event in far.history]
    assert known == [True, True, False, False]


async def test_a_key_is_not_another_speaker_s(begun, far) -> None:
    """Rows that somebody has exchanged in the database are no keys."""
    async with begun() as side:
        for user, word in ((BOB, "one"), (EVE, "two")):
            await say(side, far, user, word)
        rows, speakers = side.mailbox._rows, (BOB, EVE)
        one, two = [await rows.room_key(ROOM, user) for user in speakers]
        await side.mailbox._writer.write(
            Rows(save_room_key(ROOM, BOB, two), save_room_key(ROOM, EVE, one))
        )
    async with begun() as side:
        await say(side, far, BOB, "three")
    used = [event["content"]["session_id"] for event in far.history]
    assert len(set(used)) == 3
    assert shields(far) == ["", "", ""]


async def _days_later(side: Any) -> None:
    clock = Ahead()
    clock.more = timedelta(days=1, seconds=1)
    side._ghosts._clock = clock
    await side._ghosts._see_to_all()
    side._ghosts._clock = Ahead()
