"""A story tells what comes again and again once, and how often."""

from __future__ import annotations

from bridgekit.testing.contract.folding import folded
from bridgekit.testing.contract.story import Story


def told(*lines: str) -> list[str]:
    times = iter(range(1000))
    story = Story(lambda: float(next(times)))
    for line in lines:
        story.tell(line)
    return list(folded(story.lines))


def test_what_is_polled_in_vain_is_told_once():
    poll = ("the adapter hands over: the cursor 7", "it is stored: the cursor 7")
    assert told("bob said 'hi'", *poll * 50, "bob said 'ho'") == [
        "     0.0 s  bob said 'hi'",
        "     1.0 s  the adapter hands over: the cursor 7",
        "     2.0 s  it is stored: the cursor 7",
        "            … and the same 49 times more, until 100.0 s",
        "   101.0 s  bob said 'ho'",
    ]


def test_what_comes_twice_is_told_twice():
    assert told("a", "a", "b", "a", "b") == [
        *("     0.0 s  a", "     1.0 s  a", "     2.0 s  b", "     3.0 s  a", "     4.0 s  b")
    ]


def test_a_line_that_differs_is_told():
    lines = [f"it is stored: the cursor {number}" for number in range(9)]
    assert len(told(*lines)) == 9
