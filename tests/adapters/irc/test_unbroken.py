"""Lines wait for the end of the batch that they came behind, and for nothing else."""

import asyncio
import re

from hypothesis import given
from hypothesis import strategies as st

from bridges.irc import unbroken as module
from bridges.irc.unbroken import Unbroken
from tests.fuzz.effort import tries

LINES = st.sampled_from(
    [
        *(b"BATCH +1 draft/multiline #c", b":s.x BATCH -1", b"@batch=1 :a!u@h PRIVMSG #c :x"),
        *(b":s.x batch +2 netsplit a.b c.d", b"BATCH -2", b":a!u@h PRIVMSG #c :BATCH +3 x"),
        *(b"PING :x", b"BATCH", b"", b"\xff BATCH +4"),
    ]
)


def deepest(lines):
    """After which line of these nothing is open."""
    opened, whole = set(), 0
    for number, line in enumerate(lines, start=1):
        found = re.match(rb"(?i)(?::s\.x )?BATCH ([+-])(\d)", line)
        if found:
            (opened.add if found[1] == b"+" else opened.discard)(found[2])
        whole = number if not opened else whole
    return whole


@tries(100)
@given(st.lists(st.lists(LINES, max_size=6), max_size=6))
def test_nothing_is_given_out_of_what_is_not_whole_and_nothing_is_lost(reads):
    async def read():
        unbroken, given_out, heard = Unbroken(), [], []
        for received in reads:
            given_out += unbroken.take(received)
            heard += received
            assert len(given_out) == deepest(heard)
            assert len(given_out) + len(unbroken) == len(heard)
            assert (unbroken.until is None) == (not len(unbroken))
        assert given_out + unbroken.rest() == heard

    asyncio.run(read())


async def test_what_never_ends_is_not_waited_for_beyond_measure(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 3)
    unbroken = Unbroken()
    assert unbroken.take([b"one", b"BATCH +1 x", b"two"]) == [b"one"]
    assert unbroken.take([b"three", b"four"]) == [b"BATCH +1 x", b"two", b"three", b"four"]
    assert unbroken.take([b"five", b"BATCH -1", b"BATCH +2 x"]) == [b"five", b"BATCH -1"]
    assert unbroken.rest() == [b"BATCH +2 x"]
    assert unbroken.take([b"six"]) == [b"six"]


async def test_more_lines_move_no_deadline():
    unbroken = Unbroken()
    unbroken.take([b"BATCH +1 x"])
    until = unbroken.until
    unbroken.take([b"two"])
    assert unbroken.until == until
