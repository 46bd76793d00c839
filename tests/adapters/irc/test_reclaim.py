"""A nick that was lost is asked for again, as soon as whoever has it lets go of it."""

import asyncio

import pytest

from bridges.irc.casemap import CaseMapping, fold
from bridges.irc.reclaim import Reclaim
from bridges.irc.wire import parse


class Place:
    """A connection that is called `nick`, and what it wrote."""

    def __init__(self, nick, **options):
        def folded(name):
            return fold(name, CaseMapping.ASCII)

        self.nick, self.written = nick, []
        write = self.written.append
        self.reclaim = Reclaim("Alice", lambda: self.nick, folded, write, **options)

    def take(self, *lines):
        return [self.reclaim.take(parse(line)) for line in lines]


@pytest.mark.parametrize("line", [":alice!a@h QUIT :bye", ":ALICE!a@h NICK bob"])
def test_a_nick_that_comes_free_is_taken_at_once(line):
    place = Place("alice_")
    assert place.take(":bob!b@h QUIT", ":alice!a@h PRIVMSG #c :hi", line) == [False] * 3
    assert place.written == ["NICK Alice"]


def test_who_has_the_nick_asks_for_nothing():
    place = Place("ALICE")
    place.take(":alice!a@h QUIT :bye")
    assert place.written == []


def test_its_refusal_is_nobody_elses():
    place = Place("alice_")
    place.take(":alice!a@h QUIT")
    refusal = ":s.x 433 alice_ Alice :in use"
    assert place.take(":s.x 433 alice_ other :in use", refusal, refusal) == [False, True, False]


def test_the_refusal_of_another_nick_that_is_wanted_now_is_told():
    place = Place("alice_")
    place.take(":alice!a@h QUIT")  # asked for, and refused without a word of which nick
    assert place.take(":s.x 447 alice_ :no change of nick on #c") == [False]
    place.reclaim.want("bob")
    assert place.take(":s.x 433 alice_ bob :in use") == [False]


async def test_it_is_asked_for_ever_more_seldom_until_it_is_there(monkeypatch):
    place, pauses = Place("alice_"), []

    async def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 9:
            place.nick = "alice"
        if len(pauses) > 9:
            raise asyncio.CancelledError

    monkeypatch.setattr("bridges.irc.reclaim.asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await place.reclaim.run()
    assert pauses[:7] == [30, 60, 120, 240, 480, 900, 900]
    assert len(place.written) == 8


async def test_a_server_that_watches_nicks_says_when_it_is_free():
    place = Place("alice_", watched=True)
    running = asyncio.create_task(place.reclaim.run())
    await asyncio.sleep(0)
    running.cancel()
    place.take(":s.x 731 alice_ :bob", ":s.x 731 alice_ :ALICE,carl")
    assert place.written == ["MONITOR + Alice", "NICK Alice"]
