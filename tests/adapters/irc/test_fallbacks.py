"""How what IRC lacks reads on IRC: the core's words for it, as lines that a server relays."""

import pytest

from bridgekit import (
    AttachmentKind,
    Bold,
    Link,
    Mention,
    MessageKind,
    Text,
    plain,
)
from bridgekit.to_network.quoting import SOON, Original, in_answer, meant
from bridges.irc import IRCAdapter
from bridges.irc.codes import encode
from bridges.irc.layout import lines
from bridges.irc.split import frame, parts

SOURCE = "alice!alice@host.test"
URL = "https://bridge.example.org/_bridgekit/media/" + "x" * 120
ROSA = Mention("Rosa", user="rosa")
ASKED = Original(ROSA, "Is anybody out there, or am I al…", at=1)
REACTED = (Text("reacted with 👍 to "), *meant(ASKED))
LINK = (Text("sent an image: photo.jpg (12 KiB) "), Link((Text(URL),), URL))


def spelling(_user):
    return "Rosa"


def shown(matrix_event, text, kind=MessageKind.TEXT, *, relayed=False):
    """The lines that IRC relays for it, without their sources and targets."""
    event = matrix_event("#garden", text, kind=kind, relayed=relayed)
    spoken = frame(event)
    written = []
    for part in parts(event, SOURCE, spelling, 20):
        (line,) = lines(part.text, spelling)
        written.append(spoken.around(encode(line)))
    return written


@pytest.mark.parametrize(
    ("text", "kind", "line", "relayed"),
    [
        (  # an edit
            (Text("* "), Bold((Text("new"),)), Text(" text")),
            MessageKind.TEXT,
            "* \x02new\x0f text",
            "<Alice> * \x02new\x0f text",
        ),
        (  # a reply, soon
            in_answer((Text("Yes!"),), ASKED, now=2),
            MessageKind.TEXT,
            "Rosa: Yes!",
            "<Alice> Rosa: Yes!",
        ),
        (  # a reply, later
            in_answer((Text("Yes!"),), ASKED, now=SOON + 2),
            MessageKind.TEXT,
            '<Rosa> "Is anybody out there, or am I al…" <- Yes!',
            '<Alice> <Rosa> "Is anybody out there, or am I al…" <- Yes!',
        ),
        (  # a reaction
            REACTED,
            MessageKind.EMOTE,
            f"\x01ACTION {plain(REACTED)}\x01",
            f"* Alice {plain(REACTED)}",
        ),
        (  # a picture
            LINK,
            MessageKind.EMOTE,
            f"\x01ACTION sent an image: photo.jpg (12 KiB) {URL}\x01",
            f"* Alice sent an image: photo.jpg (12 KiB) {URL}",
        ),
        (  # a deletion
            (Text("deleted the message of 12:34 UTC"),),
            MessageKind.EMOTE,
            "\x01ACTION deleted the message of 12:34 UTC\x01",
            "* Alice deleted the message of 12:34 UTC",
        ),
    ],
)
def test_what_irc_lacks_reads_well(matrix_event, text, kind, line, relayed):
    assert shown(matrix_event, text, kind) == [line]
    assert shown(matrix_event, text, kind, relayed=True) == [relayed]


def test_a_link_behind_a_long_name_stays_whole(matrix_event):
    text = (Text(f"sent a file: {'long ' * 70}.pdf (3 MiB) "), Link((Text(URL),), URL))
    written = shown(matrix_event, text, MessageKind.EMOTE)
    assert written[-1].removesuffix("\x01").split()[-1] == URL
    for line in written:
        assert len(f":{SOURCE} PRIVMSG #garden :{line}\r\n".encode()) <= 512


def test_the_name_of_a_file_adds_no_code_and_no_line(matrix_event):
    text = (Text("sent a file: \x02a\x03,\r\nQUIT :b (1 KiB) "), Link((Text(URL),), URL))
    for line in shown(matrix_event, text, MessageKind.EMOTE):
        assert not set(line.strip("\x01")) & set("\x02\x03\r\n")


def test_irc_takes_no_files_replies_and_threads():
    limits = IRCAdapter.manifest.limits
    assert not limits.attachments & set(AttachmentKind)
    assert (limits.replies, limits.threads) == (False, False)
