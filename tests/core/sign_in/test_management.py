"""A person's own room with the bot: made once, found again, and told in what concerns them."""

from __future__ import annotations

import pytest

from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from bridgekit.store.sql import Rows
from bridgekit.testing.clock import settle
from tests.core.sign_in.conftest import ALICE, BANK, BOT, alone, parts, says, times_told, told


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
    assert await parts(rig).people.management._rows.whose(room) == ALICE


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


async def test_who_is_blocked_but_for_one_network_is_told_what_concerns_them(rig):
    line = Rule(Level.BLOCK, networks={BANK: Rule(Level.USER)})
    rig.permissions = {"*": Level.BLOCK, ALICE: line}
    await rig.start()
    await parts(rig).people.management.tell(ALICE, "Your login is gone.", "k1")
    await told(rig, "Your login is gone.")


@pytest.mark.parametrize("leaves", [False, True])
async def test_where_somebody_else_is_by_now_nobody_is_told_anything(rig, leaves):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    management = parts(rig).people.management
    room = await management.room(ALICE)
    await alice.join(room)
    await alice.invite(room, bob.user_id)
    await bob.join(room)
    if leaves:  # then the room is Bob's and the bot's
        await alice.leave(room)
    await management.tell(ALICE, "Your login is gone.", "k1")
    other = await told(rig, "Your login is gone.")
    assert other != room
    assert rig.hs.world.rooms[other].membership(ALICE) == "invite"
    assert rig.hs.world.rooms[room].membership(ALICE) != "invite"
    await alice.join(other)
    await management.tell(ALICE, "It is back.", "k2")
    assert await told(rig, "It is back.") == other


async def test_what_concerns_several_people_is_told_to_each_of_them(rig):
    await rig.start()
    bob = rig.hs.person("bob").user_id
    management = parts(rig).people.management
    await management.tell_all_with(Rows(), [ALICE, bob], "The bank is gone.", "k1")
    for user in (ALICE, bob):
        while await management._rows.words(user):
            await settle()
    assert times_told(rig, "The bank is gone.") == 2


async def test_what_is_told_close_together_is_told_once_and_in_one_room(rig):
    await rig.start()
    management = parts(rig).people.management
    texts = [f"Login {number} is gone." for number in range(5)]
    for number, text in enumerate(texts):
        await management.tell(ALICE, text, f"k{number}")
    while await management._rows.words(ALICE):
        await settle()
    assert len(rooms_of_alice(rig)) == 1
    assert [times_told(rig, text) for text in texts] == [1] * len(texts)


async def test_whoever_is_put_into_every_room_makes_no_new_one_each_time(rig):
    """As by a module of the homeserver: a bot of its own."""
    await rig.start()
    alice, guard = rig.hs.person("alice"), rig.hs.person("guard")
    management = parts(rig).people.management
    for number in range(4):
        await management.tell(ALICE, f"Word {number}.", f"k{number}")
        room = await told(rig, f"Word {number}.")
        if guard.user_id not in rig.hs.world.rooms[room].members():
            await alice.join(room)
            await alice.invite(room, guard.user_id)
            await guard.join(room)
    assert len(rooms_of_alice(rig)) == 2


async def test_what_is_asked_comes_after_what_it_is_for(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    said = [body for body in await alice.bodies(room) if "sign in to" in body or "nick" in body]
    assert said[0] == "You sign in to Loopback; cancel ends this."
    assert [body for body in said if "You sign in to" in body] == said[:1]
    await alice.say(room, "cancel")
    await alice.wait_for(room, says("It is cancelled."))
