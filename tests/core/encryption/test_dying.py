"""Killed at each request and each commit: nothing is lost, no place of a key is used twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from vodozemac import GroupSession

from bridgekit.encryption.envelopes import AGAIN
from bridgekit.encryption.room_keys import LOOKED_AT
from bridgekit.encryption.signed import MEGOLM
from bridgekit.errors import RetryLater
from bridgekit.ids import TransactionID
from bridgekit.store.sql import Rows
from tests.core.encryption.conftest import lives
from tests.core.encryption.far_side import ALICE, BOT, ROOM, FarSide
from tests.core.encryption.scene import Ahead

SAID = 4


async def _say(process: Any, far: FarSide, sent: dict[str, Any]) -> None:
    """All that is to be said, as the lanes do it: again, under the same transaction ID."""
    async with process() as side:
        for number in range(SAID):
            txn = TransactionID(f"txn{number}")
            if txn in sent:
                continue
            content = {"msgtype": "m.text", "body": f"word {number}"}
            kind, whole = await side.sealed(ROOM, "m.room.message", content, txn)
            assert kind == "m.room.encrypted"
            far.step()
            # What the homeserver has is there, whether its answer comes or not.
            if all(event["txn"] != txn for event in far.history):
                far.history.append({"sender": BOT, "txn": txn, "content": dict(whole)})
            far.step()
            sent[txn] = whole


async def test_what_is_said_is_read_once_and_no_place_of_a_key_is_used_twice(
    begun, far, tmp_path
) -> None:
    moment = 0
    while True:
        moment += 1
        far.__init__()
        for file in tmp_path.glob("bridge.db*"):
            file.unlink()
        far.die_at = moment
        sent: dict[str, Any] = {}
        lived = await lives(_say(begun, far, sent))
        far.die_at = -1
        await _say(begun, far, sent)
        read = [far.alice_reads(event["content"]) for event in far.history]
        assert [one["content"]["body"] for one, _ in read] == [f"word {n}" for n in range(SAID)]
        places = [
            (event["content"]["session_id"], place)
            for event, (_, place) in zip(far.history, read, strict=True)
        ]
        assert len(set(places)) == SAID, moment
        if lived:
            break
    assert moment > SAID * 4  # it was killed at each of them


async def test_a_key_that_came_is_there_whenever_it_dies(begun, far, tmp_path) -> None:
    moment = 0
    while True:
        moment += 1
        far.__init__()
        for file in tmp_path.glob("bridge.db*"):
            file.unlink()
        async with begun():
            pass
        session = GroupSession()
        far.mail.append(far.alice_gives(session))
        event = event_of(session, "hello")

        async def read(event: Any = event) -> Any:
            async with begun() as side:
                await side.mailbox.take(await far.sync(side.device.row.since))
                opening = side.opener.begin()
                return await opening.open(event)

        far.die_at = far.steps + moment
        lived = await lives(read())
        far.die_at = -1
        found = await read()
        assert found["content"]["body"] == "hello", moment
        if lived:
            break
    assert moment > 3


def event_of(
    session: GroupSession, body: str, name: str = "$one", **changes: Any
) -> dict[str, Any]:
    inner = {"type": "m.room.message", "room_id": ROOM, "content": {"body": body}} | changes
    message = session.encrypt(json.dumps(inner).encode())
    content = {
        "algorithm": MEGOLM,
        "session_id": session.session_id,
        "ciphertext": message.to_base64(),
    }
    return {
        "type": "m.room.encrypted",
        "event_id": name,
        "room_id": ROOM,
        "sender": ALICE,
        "content": content,
    }


async def test_bad_events_are_refused_and_good_ones_go_on(begun, far) -> None:
    async with begun() as side:
        session = GroupSession()
        far.mail.append(far.alice_gives(session))
        await side.mailbox.take(await far.sync(""))
        opening = side.opener.begin()
        good = event_of(session, "good")
        assert (await opening.open(good))["content"]["body"] == "good"
        whys = [
            {**good, "event_id": "$replayed"},
            {**good, "room_id": "!other:example.org"},
            event_of(session, "x", "$inner", room_id="!other:example.org"),
            event_of(session, "x", "$redaction", type="m.room.redaction"),
            {**good, "content": {**good["content"], "ciphertext": "AwgA"}},
            {**good, "content": {**good["content"], "algorithm": "rot13"}},
        ]
        found = [(await opening.open(event))["content"] for event in whys]
        assert [one["dev.bridgekit.unreadable"] for one in found] == [
            *("replayed", "forged", "forged", "forged", "forged", "unknown")
        ]
        # Nobody else's key reads what it does not come from: it waits for one, and none comes.
        copied = {**good, "sender": "@mallory:example.org", "event_id": "$another"}
        assert await opening.open(copied) is None
        assert (await opening.open(good))["content"]["body"] == "good"  # the same one again
        assert (await opening.open(event_of(session, "next", "$two")))["content"]["body"] == "next"


async def test_an_event_without_its_key_is_kept_and_the_others_go_on(begun) -> None:
    async with begun() as side:
        opening = side.opener.begin()
        assert await opening.open(event_of(GroupSession(), "unread")) is None
        plain = {**event_of(GroupSession(), ""), "type": "m.room.message", "content": {"body": "x"}}
        assert await opening.open(plain) == plain
        ((_, rows),) = opening.changes()
        assert [row["event"] for row in rows] == ["$one"]


async def test_events_of_one_transaction_that_wait_are_taken_in_again_in_their_order(
    begun, far
) -> None:
    async with begun() as side:
        side.opener.now = lambda: 1_000  # all of them within a millisecond, as it is
        session, opening = GroupSession(), side.opener.begin()
        far.mail.append(far.alice_gives(session))
        names = [f"${9 - number}" for number in range(10)]
        for name in names:
            assert await opening.open(event_of(session, "too early", name)) is None
        await side.mailbox._writer.write(Rows(*opening.changes()))
        await side.mailbox.take(await far.sync(""))
        assert [one.event for one in await side.waiting._rows.readable()] == names


async def test_a_key_that_claims_what_it_is_not_is_refused(begun, far) -> None:
    async with begun() as side:
        session = GroupSession()
        lies = [
            far.alice_gives(session, sender="@mallory:example.org"),
            far.alice_gives(session, recipient="@somebody:example.org"),
            far.alice_gives(session, recipient_keys={"ed25519": "x"}),
        ]
        repeated = far.alice_gives(session)
        far.mail += [*lies, {"type": "m.room.encrypted"}, "no event", repeated, repeated]
        await side.mailbox.take(await far.sync(""))
        assert side.mailbox.refused == len(lies) + 3
        other = far.alice_gives(session, room="!other:example.org")
        far.mail.append(other)
        await side.mailbox.take(await far.sync(side.device.row.since))
        found = await side.mailbox._rows.reading_key(session.session_id, ALICE)
        assert found.room == ROOM


async def test_whoever_left_gets_a_new_key_s_message_no_more(begun, far) -> None:
    async with begun() as side:
        one = (await side.sealed(ROOM, "m.room.message", {"body": "a"}, TransactionID("a")))[1]
        far.readers_now.discard(ALICE)
        side._envelopes.moved(ROOM, ALICE)
        two = (await side.sealed(ROOM, "m.room.message", {"body": "b"}, TransactionID("b")))[1]
        assert one["session_id"] in far.keys.sessions
        assert two["session_id"] not in far.keys.sessions


async def test_whose_homeserver_is_away_for_a_moment_is_given_the_key_afterwards(
    begun, far, monkeypatch
) -> None:
    async with begun() as side:
        with monkeypatch.context() as away:

            async def claim(_: Any) -> Any:
                return {"one_time_keys": {}, "failures": {"example.org": {"status": 503}}}

            away.setattr(far, "claim", claim)
            await _sent(side, far, "one")
        assert far.got == {}, "nobody says that it has no key left"
        assert not far.keys.sessions
        side._envelopes._clock = clock = Ahead()
        clock.more = timedelta(milliseconds=AGAIN)
        await _sent(side, far, "two")
        assert far.alice_reads(far.history[-1]["content"])[0]["content"]["body"] == "two"


async def test_a_copy_is_noticed_by_what_was_said_since(begun, far, tmp_path) -> None:
    async with begun() as side:
        await _sent(side, far, "one")
        device = side.device.row.device
    stored = (tmp_path / "bridge.db").read_bytes()
    async with begun() as side:
        await _sent(side, far, "two")
    for file in tmp_path.glob("bridge.db-*"):
        file.unlink()
    (tmp_path / "bridge.db").write_bytes(stored)
    async with begun() as side:
        with pytest.raises(RetryLater, match="new device"):
            await _sent(side, far, "three")
        assert side.device.doubted.is_set()
        await side.device.settle()
        assert side.device.row.device != device
        assert set(far.made) == {side.device.row.device}
        await _sent(side, far, "three")
    read = [
        (event["content"]["session_id"], far.alice_reads(event["content"])[1])
        for event in far.history
    ]
    assert len(set(read)) == 3


async def test_a_copy_goes_on_with_no_key_of_which_nothing_is_in_sight(
    begun, far, tmp_path
) -> None:
    async with begun() as side:
        await _sent(side, far, "one")
    stored = (tmp_path / "bridge.db").read_bytes()
    async with begun() as side:
        await _sent(side, far, "two")
    others = [{"sender": ALICE, "txn": "", "content": {"session_id": "hers"}}] * LOOKED_AT
    far.history += others
    for file in tmp_path.glob("bridge.db-*"):
        file.unlink()
    (tmp_path / "bridge.db").write_bytes(stored)
    async with begun() as side:
        await _sent(side, far, "three")
    read = [
        (event["content"]["session_id"], far.alice_reads(event["content"])[1])
        for event in far.history
        if event["sender"] == BOT
    ]
    assert len(set(read)) == 3


async def _sent(side: Any, far: FarSide, word: str) -> None:
    found = await side.sealed(ROOM, "m.room.message", {"body": word}, TransactionID(word))
    far.history.append({"sender": BOT, "txn": word, "content": dict(found[1])})


async def test_a_plain_room_stays_plain_and_reactions_do(begun) -> None:
    async with begun() as side:
        content = {"body": "x"}
        assert await side.sealed("!plain:x", "m.room.message", content, TransactionID("t")) == (
            "m.room.message",
            content,
        )
        assert (await side.sealed(ROOM, "m.reaction", content, TransactionID("t")))[1] is content


async def test_a_file_is_named_and_not_shown(begun, far) -> None:
    async with begun() as side:
        content = {"msgtype": "m.image", "body": "cat.png", "url": "mxc://x/y"}
        found = (await side.sealed(ROOM, "m.room.message", content, TransactionID("f")))[1]
        said = far.alice_reads(found)[0]["content"]
        assert said["msgtype"] == "m.notice"
        assert "cat.png" in said["body"]
        assert "url" not in said
