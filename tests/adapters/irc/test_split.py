"""Messages cut into lines, to the byte of what the server relays."""

from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit import (
    Bold,
    Chat,
    ChatID,
    Code,
    Color,
    Italic,
    LineBreak,
    MatrixEvent,
    Message,
    MessageKind,
    Paragraph,
    Profile,
    Rejected,
    Text,
)
from bridges.irc.codes import PLAIN, decode, encode
from bridges.irc.graphemes import graphemes
from bridges.irc.layout import lines
from bridges.irc.split import budget, cut, frame, parts
from bridges.irc.wire import compose
from tests.fuzz.effort import tries

SOURCE = "alice!~alice@host.example.org"


def no_nicks(_):
    return None


def event(text, *, kind=MessageKind.TEXT, relayed=False, author="Alice", chat="#python"):
    nodes = (Text(text),) if isinstance(text, str) else text
    where = Chat(ChatID(chat), private=not chat.startswith("#"))
    return MatrixEvent(where, Message(nodes, kind), "t", Profile(author), relayed)


def relayed_lines(said, source=SOURCE, most=1000):
    """What the server sends to everybody else, part by part, through the nodes of each part."""
    for part in parts(said, source, no_nicks, most):
        (runs,) = lines(part.text, no_nicks)
        spoken = frame(said)
        text = spoken.around(encode(runs))
        yield f":{source} {compose(spoken.command, said.chat.id, text)}\r\n"


@pytest.mark.parametrize(
    ("size", "text", "pieces"),
    [
        (5, "abcdefghijklmnopqrstuvwxyz", "abcde/fghij/klmno/pqrst/uvwxy/z"),
        (5, "abc abcdef abc abcd abc", "abc/abcde/f abc/abcd/abc"),
        (4, "æøå", "æø/å"),
        (5, "αβγδε", "αβ/γδ/ε"),
        (9, "😀😀😀", "😀😀/😀"),
        (9, "a  b       c", "a  b/c"),
        (8, "🇩🇪🇫🇷", "🇩🇪/🇫🇷"),
        (12, "👩‍🚀👩‍🚀", "👩‍🚀/👩‍🚀"),
        (5, "e\u0301e\u0301", "e\u0301/e\u0301"),
        (9, "👍🏽👍🏽", "👍🏽/👍🏽"),
        (4, "a" + "\u0301" * 4, "a\u0301/\u0301\u0301/\u0301"),
        (9, "\u1100\u1161\u11a8" * 2, "\u1100\u1161\u11a8/\u1100\u1161\u11a8"),
    ],
)
def test_a_line_is_cut_at_blanks_else_between_characters(size, text, pieces):
    assert [encode(piece) for piece in cut(((text, PLAIN),), size)] == pieces.split("/")


def test_styles_go_on_in_the_next_line():
    red_bold = decode("\x0304\x02" + "long " * 30)
    first, second, *_ = (encode(piece) for piece in cut(red_bold, 60))
    assert first.startswith("\x0304\x02long")
    assert second.startswith("\x0304\x02long")


def test_an_action_is_one_action_per_line():
    said = list(relayed_lines(event("x" * 900, kind=MessageKind.EMOTE)))
    assert len(said) == 2
    for line in said:
        text = line.split(" :", 1)[1]
        assert text.startswith("\x01ACTION x")
        assert text.endswith("x\x01\r\n")
        assert len(line.encode()) <= 512


def test_the_prefix_that_the_server_adds_is_counted_to_the_byte():
    source = f"{'n' * 30}!{'u' * 10}@{'h' * 63}"
    (first, *_) = relayed_lines(event("x" * 2000), source)
    assert len(first.encode()) == 512
    (short, *_) = relayed_lines(event("x" * 2000), "n!u@h")
    assert len(short.encode()) == 512


def test_a_relayed_line_counts_the_name_in_front_of_it():
    said = list(relayed_lines(event("wörld " * 400, relayed=True, author="Zoë")))
    assert all(" :<Zoë> wörld" in line for line in said)
    assert max(len(line.encode()) for line in said) in range(505, 513)


@pytest.mark.parametrize(
    ("kind", "relayed", "command", "said"),
    [
        (MessageKind.TEXT, False, "PRIVMSG", "hi"),
        (MessageKind.NOTICE, False, "NOTICE", "hi"),
        (MessageKind.EMOTE, False, "PRIVMSG", "\x01ACTION hi\x01"),
        (MessageKind.TEXT, True, "PRIVMSG", "<Alice> hi"),
        (MessageKind.NOTICE, True, "NOTICE", "<Alice> hi"),
        (MessageKind.EMOTE, True, "PRIVMSG", "* Alice hi"),
    ],
)
def test_each_kind_is_said_its_own_way(kind, relayed, command, said):
    spoken = frame(event("hi", kind=kind, relayed=relayed))
    assert (spoken.command, spoken.around("hi")) == (command, said)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mallory\r\nQUIT :bye", "Mallory QUIT :bye"),
        ("\x02\x03", "somebody"),
        ("\u202eevil", "evil"),
        ("n" * 300, "n" * 64),
    ],
)
def test_a_hostile_name_stays_a_name(name, shown):
    assert frame(event("hi", relayed=True, author=name)).around("hi") == f"<{shown}> hi"


def test_each_line_of_a_message_is_a_part():
    said = event((Paragraph((Text("a"), LineBreak(), Text("b"))), Paragraph((Bold((Text("c"),)),))))
    found = parts(said, SOURCE, no_nicks, 20)
    assert [part.text for part in found] == [(Text("a"),), (Text("b"),), (Bold((Text("c"),)),)]


def test_a_part_keeps_the_kind_of_its_message():
    found = parts(event("a\nb", kind=MessageKind.NOTICE), SOURCE, no_nicks, 20)
    assert found == [Message(ANY, MessageKind.NOTICE)] * 2


def test_a_message_of_too_many_lines_is_refused_with_the_limit():
    assert len(parts(event("x\n" * 20), SOURCE, no_nicks, 20)) == 20
    with pytest.raises(Rejected, match="more than 20 lines"):
        parts(event("x\n" * 21), SOURCE, no_nicks, 20)


def test_a_body_of_64_kib_is_refused_with_the_limit():
    with pytest.raises(Rejected, match="more than 20 lines"):
        parts(event("wörds " * 10_000), SOURCE, no_nicks, 20)


@pytest.mark.parametrize("text", ["", "  \n ", "\x02\x03"])
def test_a_message_without_text_is_refused(text):
    with pytest.raises(Rejected, match="no text"):
        parts(event(text), SOURCE, no_nicks, 20)


def test_a_text_that_looks_like_ctcp_is_only_text():
    (line,) = relayed_lines(event("\x01VERSION\x01"))
    assert line.endswith(" :VERSION\r\n")


NODES = st.recursive(
    st.text().map(Text) | st.text().map(Code) | st.just(LineBreak()),
    lambda inner: (
        st.lists(inner, max_size=4)
        .map(tuple)
        .flatmap(
            lambda nodes: st.sampled_from(
                [Bold(nodes), Italic(nodes), Color(nodes, "#ff0000"), Paragraph(nodes)]
            )
        )
    ),
    max_leaves=12,
)


@tries(100)
@given(
    st.lists(NODES, min_size=1, max_size=4).map(tuple),
    st.sampled_from(MessageKind),
    st.booleans(),
    st.text(max_size=80),
    st.sampled_from(["n!u@h", f"{'n' * 30}!{'u' * 11}@{'h' * 63}"]),
    st.integers(min_value=1, max_value=60),
)
def test_no_relayed_line_is_too_long_and_no_text_is_lost(
    nodes, kind, relayed, author, source, repeat
):
    said = event(nodes * repeat, kind=kind, relayed=relayed, author=author)
    try:
        found = list(relayed_lines(said, source, most=100_000))
    except Rejected:
        assert not lines(said.content.text, no_nicks)
        return
    for line in found:
        assert len(line.encode()) <= 512
        assert line.count("\n") == line.count("\r") == 1
        assert "\0" not in line
    before = "".join(run[0] for line in lines(said.content.text, no_nicks) for run in line)
    spoken = frame(said)
    texts = [line.split(" :", 1)[1].removesuffix("\r\n") for line in found]
    bare = [text.removeprefix(spoken.opening).removesuffix(spoken.closing) for text in texts]
    after = "".join(run[0] for text in bare for run in decode(text))
    assert "".join(after.split()) == "".join(before.split())


@tries(100)
@given(st.text())
def test_graphemes_make_up_the_text(text):
    assert "".join(graphemes(text)) == text


def test_the_budget_is_what_remains_of_512_bytes():
    assert budget(frame(event("x")), "n!u@h", "#c") == 512 - len(":n!u@h PRIVMSG #c :\r\n")
