"""What an IRC server may send, and what people on Matrix may have us send to one."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit import (
    ChatID,
    Login,
    LoginID,
    Message,
    Rejected,
)
from bridgekit.codec import dump, load
from bridgekit.errors import BridgekitError
from bridgekit.richtext import canonical, to_html
from bridges.irc.client import IRCClient
from bridges.irc.codes import decode as runs_of
from bridges.irc.codes import encode
from bridges.irc.config import IRCConfig
from bridges.irc.connection import DisconnectedError
from bridges.irc.features import Features
from bridges.irc.formatting import from_irc
from bridges.irc.handshake import Handshake, Identity
from bridges.irc.lines import LineBuffer
from bridges.irc.listening import Listening
from bridges.irc.network import Network
from bridges.irc.sasl import Account, Mechanism
from bridges.irc.session import Session
from bridges.irc.wire import LIMIT, MalformedLineError, compose, decode, parse, printable
from tests.adapters.irc.conftest import RecordingHost
from tests.core.richtext.test_properties import check
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

_COMMANDS = [
    *("PRIVMSG", "NOTICE", "JOIN", "PART", "KICK", "QUIT", "NICK", "MODE", "TOPIC", "BATCH", "CAP"),
    *(
        "PING",
        "PONG",
        "ERROR",
        "INVITE",
        "ACK",
        "FAIL",
        "CHGHOST",
        "AUTHENTICATE",
        "TAGMSG",
        "REDACT",
        "KILL",
    ),
    *("001", "004", "005", "324", "331", "332", "333", "353", "366", "367", "396", "401", "403"),
    *(
        "404",
        "433",
        "437",
        "439",
        "442",
        "461",
        "465",
        "471",
        "474",
        "475",
        "477",
        "482",
        "900",
        "903",
    ),
]
_WORDS = st.sampled_from(
    [
        *(
            "#room",
            "#ROOM",
            "#other",
            "bot",
            "BOT",
            "bob",
            "alice",
            "=",
            "*",
            "+ov",
            "-b",
            "+b",
            "0",
        ),
        *("\x01ACTION waves\x01", "\x01VERSION\x01", "\x01PING 1\x01", "\x01", "@bob +alice", "LS"),
        *(
            "CASEMAPPING=ascii",
            "PREFIX=(ov)@+",
            "CHANMODES=b,k,l,imnpst",
            "NICKLEN=x",
            "PREFIX=(",
            "+ref",
        ),
        *(
            "-ref",
            "chathistory",
            "\x0304,05red",
            "\x02\x1d\x16x\x0f",
            "*!*@host",
            "sasl=PLAIN,SCRAM-SHA-256,EXTERNAL",
            "netsplit",
            ":are-you-there",
        ),
    ]
)
_WORD = _WORDS | st.text("ab#,:@!~+-\x01\x02\x03\x1609é", max_size=12) | TEXT
_SOURCES = st.sampled_from(
    ["", ":bob!b@h ", ":bot!b@h ", ":irc.example.org ", ":! ", ":@ ", "::: "]
)
_TAGS = st.sampled_from(
    [
        *(
            "",
            "",
            "@time=2026-01-01T00:00:00.000Z;msgid=a ",
            "@batch=ref ",
            "@label=1;batch=ref ",
            "@ ",
        ),
        *(
            "@time=99999-13-01T99:99Z ",
            "@time=;=;;\\ ",
            "@msgid ",
            "@+x=\\s\\:\\\\\\r\\n ",
            "@account=x ",
            "@+draft/react=👍;+draft/reply=x ",
            "@+typing=active;batch=ref ",
        ),
    ]
)
_LINES = st.builds(
    lambda tags, source, command, words, last: (
        f"{tags}{source}{command} {' '.join(words)}{last}".encode("utf-8", "surrogatepass")
    ),
    *(_TAGS, _SOURCES, st.sampled_from(_COMMANDS) | TEXT, st.lists(_WORD, max_size=4)),
    st.just("") | _WORD.map(" :{}".format),
)
_STREAMS = st.lists(_LINES | st.binary(max_size=60), max_size=12)


class Wire:
    """Takes what is sent, and sees that it is what a server can stand."""

    alive = True

    def cursor(self, ahead: int = 0) -> None:
        """As a plain connection: it repeats nothing."""

    def stored(self, ahead: int = 0) -> None:
        """As a plain connection: nobody keeps what was read."""

    def write(self, *sent: str, key: str = "") -> None:
        assert not key  # only a holder knows what to do with one
        for line in sent:
            assert not set(line) & set("\r\n\0"), line
            assert len(line.encode()) <= LIMIT - 2 + (len("@label=") + 40) * line.startswith("@")


async def _received(stream: list[bytes], *, own: bool) -> None:
    host, network = RecordingHost(), Network(Listening(60, bot=own))
    session = Session(Wire(), Features(), frozenset({"echo-message"}), "bot", "bot", "", [])  # type: ignore[arg-type]  # a double
    login = Login(LoginID("bot"), None if own else "@a:b.c", {}, relay=own)
    client = IRCClient(login, IRCConfig(host="irc.example.org"), session, network, host)
    client.channels.entered(ChatID("#room"), "#room")
    with network.connected(client):
        for raw in LineBuffer().feed(b"\r\n".join([*stream, b""])):
            with suppress(BridgekitError, DisconnectedError):
                await client._reading._take([raw])
    for event in host.events:
        assert load(dump(event)) == event
        if isinstance(event.content, Message):
            check(to_html(event.content.text, lambda _: None))


@tries(50)
@given(stream=_STREAMS, own=st.booleans())
def test_whatever_a_server_sends_is_understood_refused_or_set_aside(
    stream: list[bytes], *, own: bool
) -> None:
    asyncio.run(_received(stream, own=own))


@tries(100)
@given(stream=_STREAMS, mechanism=st.sampled_from([None, *Mechanism]))
def test_whatever_a_server_sends_at_sign_in_is_answered_in_whole_lines_or_ends_it(
    stream: list[bytes], mechanism: Mechanism | None
) -> None:
    account = None if mechanism is None else Account("user", "password", mechanism)
    identity = Identity("bot", "bot", "Bot", account=account)
    handshake, wire = Handshake(identity, 30, Features()), Wire()
    wire.write(*handshake.start())
    for raw in LineBuffer().feed(b"\r\n".join([*stream, b""])):
        if handshake.done:
            return
        try:
            wire.write(*handshake.receive(parse(decode(raw))))
        except (MalformedLineError, BridgekitError):
            return


@tries(60)
@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"\r", b"\n", b"x" * 9000]), max_size=12))
def test_a_stream_is_cut_into_the_same_lines_however_it_arrives(pieces: list[bytes]) -> None:
    whole, cut = LineBuffer(), LineBuffer()
    together = whole.feed(b"".join(pieces) + b"\n")
    apart = [line for piece in [*pieces, b"\n"] for line in cut.feed(piece)]
    assert [line[:64] for line in apart] == [line[:64] for line in together]
    assert all(not set(line) & set(b"\r\n") for line in together)


@tries(75)
@given(st.sampled_from(["PRIVMSG", "KICK", "TOPIC"]), st.lists(_WORD, min_size=1, max_size=4))
@example("TOPIC", ["#room", "half \ud800"])
@example("PRIVMSG", ["#room", "one\rQUIT"])
def test_what_is_sent_is_one_line_that_reads_as_it_was_meant(
    command: str, words: list[str]
) -> None:
    try:
        line = compose(command, *words)
    except Rejected:
        return
    assert not set(line) & set("\r\n\0")
    found = parse(line)
    assert (found.command, list(found.params)) == (command, words)


@tries(75)
@given(TEXT | st.text("ab,0123456789\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f\x01", max_size=40))
@example("\x0399,99\x16x")
def test_any_formatting_is_read_and_shown_the_same_when_it_is_sent_again(text: str) -> None:
    runs = runs_of(text)
    rich = from_irc(text)
    check(to_html(canonical(rich), lambda _: None))
    assert "".join(run for run, _ in runs_of(encode(runs))) == "".join(run for run, _ in runs)


@tries(60)
@given(TEXT)
def test_what_is_made_printable_is_one_line_without_controls(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() or not any(ord(char) < 32 or ord(char) == 127 for char in shown)
    compose("QUIT", shown[:100])
