"""Messages from Matrix as lines of IRC: none too long, nothing lost, and all as it looked."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridgekit import Chat, ChatID, MatrixEvent, Message, MessageKind, Profile, Rejected
from bridgekit.richtext import LineBreak, RichText, canonical
from bridges.irc.codes import Style, encode, merge
from bridges.irc.codes import decode as runs_of
from bridges.irc.formatting import nested
from bridges.irc.layout import Line, lines
from bridges.irc.split import frame, parts
from bridges.irc.wire import LIMIT, compose
from tests.core.richtext.test_properties import ANY_TREE
from tests.fuzz.effort import times, tries
from tests.fuzz.outside import TEXT


@tries(50)
@given(text=ANY_TREE, kind=st.sampled_from(MessageKind), name=TEXT, relayed=st.booleans())
def test_any_message_becomes_lines_that_fit_and_hold_no_command(
    text: Any, kind: MessageKind, name: str, *, relayed: bool
) -> None:
    content = Message(canonical(text), kind)
    author = Profile(name, None)
    event = MatrixEvent(Chat(ChatID("#room")), content, "txn", author, relayed=relayed)
    try:
        found = parts(event, "bot!bot@example.org", _spelled, 50)
    except Rejected:
        return
    cut = [line for part in found for line in lines(part.text, _spelled)]
    for line in cut:
        spoken = frame(event)
        said = spoken.around(encode(line))
        compose(spoken.command, "#room", said)
        assert "\x01" not in encode(line)
        assert len(f":bot!bot@example.org {spoken.command} #room :{said}\r\n".encode()) <= LIMIT
    assert _seen(cut) == _seen(lines(content.text, _spelled))  # nothing is lost


def _spelled(user: str) -> str | None:
    return str(user) or None


def _seen(found: Iterable[Line]) -> list[tuple[str, Style]]:
    """What readers see of lines, each of which begins plain: all characters but blanks.

    What is as its background is hidden, whatever the colour.
    """
    runs = (run for line in found for run in runs_of(encode(line)))
    return [(char, _look(style)) for text, style in runs for char in text if not char.isspace()]


def _look(style: Style) -> Style:
    hidden = style.foreground is not None and style.foreground == style.background
    return replace(style, foreground="", background="") if hidden else style


_ALPHABET = "ab1,  ðé漢字👍🏽👩‍👩‍👧\u0301"
_COLORS = (None, None, None, "#ff0000", "#00fc00")


def _message(rng: random.Random) -> RichText:
    """Some lines of words in some styles, a few of them longer than any line may be."""
    nodes: RichText = ()
    for _ in range(rng.randint(1, 3)):
        styled = (
            Style(rng.choice(_COLORS), None, *(rng.random() < 0.2 for _ in range(5)))
            for _ in range(rng.randint(1, 4))
        )
        run = [("".join(rng.choices(_ALPHABET, k=rng.randint(1, 150))), one) for one in styled]
        nodes += (LineBreak(), *nested(merge(run)))
    return nodes[1:]


def test_of_many_messages_no_line_is_too_long_nothing_is_lost_and_all_look_the_same() -> None:
    rng = random.Random() if times() else random.Random(1)
    for number in range(1000 * max(times(), 1)):
        text, long_name = _message(rng), "n" * rng.randint(1, 30)
        source, kind = f"{long_name}!user@{'h' * 63}", rng.choice([*MessageKind])
        chat, author = Chat(ChatID("#room")), Profile("Alice 👍", None)
        event = MatrixEvent(chat, Message(text, kind), "t", author, relayed=number % 2 == 0)
        whole = lines(text, _spelled)
        found = parts(event, source, _spelled, 50) if whole else []
        cut = [line for part in found for line in lines(part.text, _spelled)]
        assert _seen(cut) == _seen(whole)
        spoken = frame(event)
        for line in cut:
            said = f":{source} {spoken.command} #room :{spoken.around(encode(line))}\r\n"
            assert len(said.encode()) <= LIMIT
