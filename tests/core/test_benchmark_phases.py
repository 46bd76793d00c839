"""A phase of a benchmark: since when one waits, how long for what comes again, what is counted."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks.ends import arrivals as arriving
from benchmarks.ends import talking
from benchmarks.ends.arrivals import ARRIVED, ECHOED, Arrivals
from benchmarks.ends.process import Ends
from benchmarks.ends.pushing import Pusher as Pusher_
from benchmarks.ends.pushing import Returning
from benchmarks.ends.said import ON_IRC, ON_MATRIX, text_of
from benchmarks.ends.talking import Amount
from benchmarks.rows import rows
from benchmarks.scale import TINY
from benchmarks.scenarios.flow import CROWD, _Flow, faults
from benchmarks.scenarios.safety import _faults

NOTHING_WRONG = dict.fromkeys((*ARRIVED, ECHOED), 0)


def expecting(numbers: range) -> Arrivals:
    found = Arrivals(ON_IRC, ours=ON_MATRIX)
    found.expect(numbers, 1, CROWD)
    return found


async def test_what_comes_again_after_the_last_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = expecting(range(1))

    async def sleep(seconds: float) -> None:
        assert seconds == 1.0
        found.take(text_of(0, ON_IRC), 0, 0)

    monkeypatch.setattr(talking, "asyncio", SimpleNamespace(sleep=sleep))
    server = SimpleNamespace(say=lambda _: found.take(text_of(0, ON_IRC), 0, 0) or 0)
    outcome = await talking.to_matrix(server, found, Amount(0, 1, 1, grace=1.0))
    assert (outcome["arrived"], outcome["doubled"]) == (1, 1)


async def test_who_acknowledges_late_is_not_taken_for_quick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds + 0.001  # as timers are late

    async def push(numbers: range, rooms: int, people: int) -> None:
        nonlocal now
        for number in numbers:
            shown.take(text_of(number, ON_IRC), number % rooms, number % people)
        now += 0.02

    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr(arriving, "time", clock)
    monkeypatch.setattr(talking, "time", clock)
    monkeypatch.setattr(talking, "asyncio", SimpleNamespace(sleep=sleep))
    shown = expecting(range(10))
    outcome = await talking.to_network(push, shown, Amount(0, 10, 1, rate=500.0))
    assert outcome["waits"] == pytest.approx([0.018 * number for number in range(10)])
    assert outcome["acks"] == pytest.approx([0.02] * 10)
    shown.expect(range(10, 20), 1, CROWD)
    outcome = await talking.to_network(push, shown, Amount(10, 10, 1, rate=40.0))
    assert outcome["waits"] == pytest.approx([0.0] * 10)


async def test_only_whoever_is_told_that_a_message_may_not_have_arrived_is_told() -> None:
    ends = Ends()
    homeserver, irc = ends._homeserver, ends._irc

    async def push(numbers: range, rooms: int, people: int) -> None:
        for number in set(numbers) - {105, 106, 107}:
            irc.arrivals.take(text_of(number, ON_MATRIX), number % rooms, number % people)
        for number, how in ((7, "may not have been"), (105, "was not"), (106, "may not have been")):
            content = {
                "body": f"⚠ Your message {how} bridged.",
                "m.relates_to": {"m.in_reply_to": {"event_id": f"$pushed{number}"}},
            }
            txn, body = b"%d" % number, json.dumps(content).encode()
            homeserver.answer(b"PUT", b"/rooms/!c0:x/send/m.room.message/" + txn, body, print)

    ends._push = push
    outcome = await ends.to_network(first=100, count=10, places=1, patience=0.0, grace=0.0)
    found = _faults("kills", outcome)
    assert (found["kills/lost"], found["kills/undecided"]) == (2, 1)


async def test_what_ghosts_say_comes_back_and_what_follows_from_that_counts() -> None:
    ends = Ends()
    homeserver, irc = ends._homeserver, ends._irc
    pushed: list[tuple[str, list[str]]] = []

    class Pusher:
        async def transaction(self, name: str, events: list[dict[str, Any]]) -> None:
            await asyncio.sleep(0)  # others arrive meanwhile
            pushed.append((name, [event["event_id"] for event in events]))
            assert {(event["room_id"], event["sender"]) for event in events} == {
                ("!c0:example.org", "@irc_p0:example.org")
            }
            irc.arrivals.take(events[0]["content"]["body"], 0, None)  # it does not know its own

    def say(lines: list[Any]) -> int:
        for number in range(len(lines)):
            target = b"/rooms/%21c0%3Aexample.org/send/m.room.message/t"
            target += b"%d?user_id=%%40irc_p0%%3Aexample.org" % number
            body = json.dumps({"body": text_of(number, ON_IRC)}).encode()
            assert homeserver.answer(b"PUT", target, body, print)
        return 0

    ends._returning = Returning(cast("Pusher_", Pusher()))
    ends._irc.say = say  # type: ignore[method-assign, assignment]
    outcome = await ends.pushed_back(first=0, count=150, places=1, people=1, grace=0.0)
    assert outcome["arrived"] == 150
    assert [(name, len(events)) for name, events in pushed] == [("own1", 100), ("own2", 50)]
    assert outcome["echoed"] == 2
    say([1])
    assert len(pushed) == 2  # only there


async def test_a_homeserver_that_comes_back_has_forgotten_what_it_took() -> None:
    ends = Ends()
    await ends._homeserver.listen()
    target = b"/rooms/%21c0%3Aexample.org/send/m.room.message/t1"
    body = json.dumps({"body": text_of(0, ON_IRC)}).encode()
    answers = [ends._homeserver.answer(b"PUT", target, body, print) for _ in range(2)]
    assert answers[0] == answers[1]
    await ends.away(after=0.0, seconds=0.0)
    await asyncio.gather(*ends._background)
    assert ends._homeserver.answer(b"PUT", target, body, print) != answers[0]
    ends._homeserver.go_away()


async def test_what_comes_back_where_it_was_said_is_an_echo() -> None:
    ends = Ends()
    homeserver, irc = ends._homeserver, ends._irc

    async def push(numbers: range, rooms: int, people: int) -> None:
        for number in numbers:
            irc.arrivals.take(text_of(number, ON_MATRIX), number % rooms, number % people)
            homeserver.arrivals.take(text_of(number, ON_MATRIX), 0, None)
            irc.arrivals.take(text_of(number, ON_IRC), 0, None)

    ends._push = push
    outcome = await ends.both(first=0, count=5, places=1, patience=0.0, grace=0.0)
    for direction, arrived in (("to_network", 5), ("to_matrix", 0)):
        assert (outcome[direction]["arrived"], outcome[direction]["echoed"]) == (arrived, 5)


def test_what_nobody_said_is_not_lost() -> None:
    outcome = NOTHING_WRONG | {"count": 3000, "said": 1000, "arrived": 0}
    assert faults("hot", outcome)["hot/lost"] == 1000


async def test_everybody_is_in_the_hot_channel_before_it_is_hot() -> None:
    asked = []

    async def ask(order: str, **amount: Any) -> dict[str, Any]:
        asked.append((order, amount["places"], amount["count"] >= CROWD))
        return NOTHING_WRONG | {"said": 1, "arrived": 1, "seconds": 1.0, "waits": [0.001]}

    place = SimpleNamespace(ends=SimpleNamespace(ask=ask), entrant=SimpleNamespace(cpu=lambda: 0.0))
    hot = _Flow(place, TINY)
    await hot.hot()
    assert asked[0] == ("to_network", 1, True)
    assert [order for order, _, _ in asked[1:]] == ["to_matrix", "to_matrix", "to_network"]
    assert {places for _, places, _ in asked} == {1}
    shown = {row.key for row in rows(TINY) if "/hot" in row.key}
    assert set(hot.figures) == shown
