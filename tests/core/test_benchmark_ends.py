"""The fake ends of the benchmarks see what is lost, comes again or goes astray."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.ends.arrivals import ARRIVED, ECHOED, Arrivals
from benchmarks.ends.devices import Devices
from benchmarks.ends.homeserver import Homeserver
from benchmarks.ends.irc_server import IRCConnection, IRCServer
from benchmarks.ends.said import ON_IRC, ON_MATRIX, text_of

CHANNELS, PEOPLE = 50, 20
NOTHING_WRONG = dict.fromkeys((*ARRIVED, ECHOED), 0)


def on_matrix(count: int) -> Arrivals:
    found = Arrivals(ON_IRC, ours=ON_MATRIX)
    found.expect(range(count), CHANNELS, PEOPLE)
    return found


def heard(found: Arrivals, *numbers: int) -> None:
    for number in numbers:
        found.take(text_of(number, ON_IRC), number % CHANNELS, number % PEOPLE)


async def test_what_comes_again_or_out_of_order_is_counted() -> None:
    found = Arrivals(ON_IRC, ours=ON_MATRIX)
    found.expect(range(5), places=2, people=1)
    for number in (1, 3, 2, 2, 0):
        found.take(text_of(number, ON_IRC), number % 2, 0)
    assert await found.wait(4, patience=1)
    assert found.faults("doubled", "reordered") == {"doubled": 1, "reordered": 1}
    assert not await found.wait(5, patience=0)


@pytest.mark.parametrize(
    ("text", "place", "person", "fault"),
    [
        (f"7 {ON_IRC}", 7, 7, ""),
        (f"7 {ON_IRC}", 8, 7, "misdelivered"),
        (f"7 {ON_IRC}", None, 7, "misdelivered"),
        (f"7 {ON_IRC}", 7, 8, "misdelivered"),
        (f"7 {ON_IRC}", 7, None, "misdelivered"),
        ("7 the quick", 7, 7, "misdelivered"),
        (f"7 {ON_IRC}…", 7, 7, "misdelivered"),
        (f"7 {ON_MATRIX}", 7, 7, ECHOED),
        (f"<m7> 7 {ON_MATRIX}", 7, None, ECHOED),
        ("⚠ Your message 7 was not bridged.", 7, None, ""),
    ],
)
def test_what_arrives_is_from_its_person_in_its_place_and_whole(
    text: str, place: int | None, person: int | None, fault: str
) -> None:
    found = on_matrix(10)
    found.take(text, place, person)
    assert set(found.at) == ({7} if text == f"7 {ON_IRC}" and not fault else set())
    assert found.faults(*NOTHING_WRONG) == NOTHING_WRONG | ({fault: 1} if fault else {})


def test_one_that_comes_again_when_others_are_expected_is_doubled_and_a_late_one_is_not() -> None:
    found = on_matrix(2)
    heard(found, 0)
    found.expect(range(2, 4), 1, 1)
    heard(found, 0, 1)
    assert found.faults("doubled", "misdelivered") == {"doubled": 1, "misdelivered": 0}
    heard(found, 1)
    assert found.faults("doubled") == {"doubled": 1}
    assert not found.at


class Sends:
    """Somebody who sends to a homeserver."""

    def __init__(self) -> None:
        self.homeserver = Homeserver()
        self.homeserver.arrivals.expect(range(100), CHANNELS, PEOPLE)
        self._number = 0

    def send(self, where: int, query: str, **content: Any) -> None:
        self._number += 1
        path = f"/_matrix/client/v3/rooms/%21c{where}%3Aexample.org/send/m.room.message"
        target = f"{path}/t{self._number}{query}".encode()
        body = json.dumps(content).encode()
        assert self.homeserver.answer(b"PUT", target, body, lambda _: None)

    def found(self) -> tuple[set[int], dict[str, int]]:
        counted = self.homeserver.arrivals.faults(*ARRIVED)
        return set(self.homeserver.arrivals.at), {name: n for name, n in counted.items() if n}


P7 = "?user_id=%40irc_p7%3Aexample.org&ts=1"


@pytest.mark.parametrize(
    ("where", "query", "arrived"),
    [
        (7, P7, {7}),
        (7, "?ts=1&user_id=@irc_net0_p7:example.org", {7}),
        (0, P7, set()),
        (7, P7.replace("p7", "p8"), set()),
        (7, "", set()),
    ],
)
def test_a_message_to_matrix_is_in_its_room_from_its_ghost(
    where: int, query: str, arrived: set[int]
) -> None:
    place = Sends()
    place.send(where, query, body=text_of(7, ON_IRC))
    assert place.found() == (arrived, {} if arrived else {"misdelivered": 1})


def test_of_one_message_each_line_of_its_body_counts_and_its_html_does_not() -> None:
    place = Sends()
    lines = [text_of(number, ON_IRC) for number in (7, 27)]
    place.homeserver.arrivals.expect(range(100), 20, PEOPLE)
    place.send(7, P7, body="\n".join(lines), formatted_body="<br>".join(lines))
    assert place.found() == ({7, 27}, {})


def test_a_plain_message_in_an_encrypted_room_has_not_arrived() -> None:
    place = Sends()
    place.homeserver.devices = Devices(PEOPLE, CHANNELS)
    place.send(7, P7, body=text_of(7, ON_IRC))
    assert place.found() == (set(), {"misdelivered": 1})


class Client:
    """A connection to the IRC server, and what it is answered."""

    def __init__(self, server: IRCServer) -> None:
        self.shown = b""
        self._connection = IRCConnection(server)
        self._connection.connection_made(self)

    def write(self, data: bytes) -> None:
        self.shown += data

    def say(self, *lines: str) -> None:
        self._connection.data_received("".join(f"{line}\r\n" for line in lines).encode())

    def leave(self) -> None:
        self._connection.connection_lost(None)

    def is_closing(self) -> bool:
        return False


def test_who_enters_is_told_who_is_there_and_who_is_there_sees_who_goes() -> None:
    server = IRCServer()
    server.people(20)
    there = Client(server)
    there.say("NICK relay", "USER u 0 * :u", "JOIN #c7")
    others = [f"n{number:029}" for number in range(20)]
    for other in others:
        Client(server).say(f"NICK {other}", "USER u 0 * :u", "JOIN #c7")
    comes = Client(server)
    comes.say("NICK m1", "USER u 0 * :u", "JOIN #c7")
    listed = [line for line in comes.shown.split(b"\r\n") if b" 353 " in line]
    names = [name for line in listed for name in line.rpartition(b":")[2].split()]
    assert set(names) > {b"relay", b"m1", b"p0", b"p19", *map(str.encode, others)}
    assert len(names) == 42
    assert max(map(len, listed)) <= 510
    assert there.shown.endswith(b":m1!u@host.example.org JOIN #c7\r\n")
    comes.leave()
    assert there.shown.endswith(b":m1!u@host.example.org QUIT :gone\r\n")


@pytest.mark.parametrize(
    ("nick", "said", "arrived"),
    [
        ("m7", f"PRIVMSG #c7 :7 {ON_MATRIX}", {7}),
        ("m7_", f"PRIVMSG #c7 :7 {ON_MATRIX}", {7}),
        ("relay", f"PRIVMSG #c7 :<@m7:example.org> 7 {ON_MATRIX}", {7}),
        ("relay", f"PRIVMSG #c7 :<m\u200b7> 7 {ON_MATRIX}", {7}),
        ("relay", f"PRIVMSG #c7 :7 {ON_MATRIX}", set()),
        ("m8", f"PRIVMSG #c7 :7 {ON_MATRIX}", set()),
        ("m7", f"PRIVMSG #c8 :7 {ON_MATRIX}", set()),
        ("m7", "PRIVMSG #c7 :7 pack my box", set()),
    ],
)
def test_a_message_to_irc_is_in_its_channel_from_its_person(
    nick: str, said: str, arrived: set[int]
) -> None:
    server = IRCServer()
    server.arrivals.expect(range(10), CHANNELS, PEOPLE)
    Client(server).say(f"NICK {nick}", "USER u 0 * :u", "JOIN #c7,#c8", said)
    assert set(server.arrivals.at) == arrived
    counted = server.arrivals.faults(*NOTHING_WRONG)
    assert counted == NOTHING_WRONG | {"misdelivered": 0 if arrived else 1}


def test_somebody_is_signed_in_once_they_were_welcomed_and_until_they_leave() -> None:
    server = IRCServer()
    one, other = Client(server), Client(server)
    one.say("NICK m1")
    assert not server.signed_in
    one.say("USER u 0 * :u")
    other.say("NICK m1", "USER u 0 * :u")
    assert b" 433 " in other.shown
    assert b" 001 " not in other.shown
    assert len(server.signed_in) == 1
    other.say("NICK m2")
    assert b" 001 " in other.shown
    assert len(server.signed_in) == 2
    one.leave()
    assert len(server.signed_in) == 1
