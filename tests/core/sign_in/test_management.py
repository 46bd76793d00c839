"""A person's own room with the bot: made once, found again, and told in what concerns them."""

from __future__ import annotations

import pytest

from bridgekit.permissions.rights import Level
from bridgekit.testing.clock import settle
from tests.core.sign_in.conftest import ALICE, BOT, alone, parts, says, times_told, told


async def test_who_has_no_room_with_the_bot_is_asked_into_one(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    await parts(rig).people.management.tell(ALICE, "Your login is gone.", "k1")
    room = await told(rig, "Your login is gone.")
    await alice.join(room)
    assert await alice.members(room) == {ALICE, BOT}
    await parts(rig).people.management.tell(ALICE, "It is back.", "k2")
    assert await told(rig, "It is back.") == room


async def test_the_room_that_they_opened_is_theirs(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in loop")
    await alice.wait_for(room, says("You sign in to"))
    assert await parts(rig).people.management.room(ALICE) == room
    assert await parts(rig).people.management.owner(room) == ALICE


async def test_a_word_is_said_once_whatever_dies(rig):
    await rig.start()
    management = parts(rig).people.management
    for _ in range(2):
        await management.tell(ALICE, "One word.", "k1")
    await told(rig, "One word.")
    await rig.kill()
    await rig.hs.restart()  # forgets transaction IDs
    await rig.start()
    await parts(rig).people.management.tell(ALICE, "Another.", "k2")
    await told(rig, "Another.")
    assert times_told(rig, "One word.") == 1


async def test_what_was_not_said_before_a_crash_is_said_after_it(rig):
    await rig.start()
    management = parts(rig).people.management
    management.wake = lambda _: None  # as if it died right after the commit
    await management.tell(ALICE, "Still to be told.", "k1")
    await rig.kill()
    await rig.start()
    await told(rig, "Still to be told.")


async def test_a_room_that_was_made_before_a_crash_is_found_again(rig):
    await rig.start()
    management = parts(rig).people.management

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await management._rooms.ensure(ALICE, dies)
    (before,) = rooms_of_alice(rig)
    assert await management.room(ALICE) == before
    assert rooms_of_alice(rig) == [before]


def rooms_of_alice(rig) -> list[str]:
    return [one.id for one in rig.hs.world.rooms.values() if one.membership(ALICE)]


async def test_who_has_left_is_asked_in_again(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    management = parts(rig).people.management
    room = await management.room(ALICE)
    await alice.join(room)
    await alice.leave(room)
    await management.tell(ALICE, "Listen.", "k1")
    assert await told(rig, "Listen.") == room
    await alice.join(room)


async def test_the_bot_says_nothing_to_whom_it_does_not_listen(rig):
    rig.permissions = {"*": Level.USER, ALICE: Level.BLOCK}
    await rig.start()
    management = parts(rig).people.management
    await management.tell(ALICE, "Hm.", "k1")
    while await management._rows.words(ALICE):
        await settle()
    assert rooms_of_alice(rig) == []
