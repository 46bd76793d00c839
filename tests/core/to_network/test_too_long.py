"""What its network finds too long, although it kept to the limits, is cut and sent in pieces."""

from __future__ import annotations

from bridgekit.errors import RetryLater, TooLong
from bridgekit.events import Edit, Message
from bridgekit.ids import EventID, MessageID
from bridgekit.models import Part
from bridgekit.pieces import Piece
from bridgekit.richtext import from_plain, plain
from bridgekit.testing.loopback import LoopbackConfig
from bridgekit.to_network.cutting import cut
from bridgekit.to_network.plan import piece_in, plan

TEXT = "aaaa bbbb"


def refuse(_: object) -> Exception:
    return TooLong("It is too long.")


def take(_: object) -> None:
    return None


def name(of: str, number: int) -> str:
    return f"{of}/{number}"


async def test_a_message_that_is_too_long_arrives_in_pieces_and_is_known_by_each(stage):
    stage.network.before.append(refuse)
    room = await stage.begin()
    event = await stage.alice.say(room, TEXT)
    await stage.heard("aaaa", "bbbb")
    (outcome,) = await stage.ended()
    assert outcome.targets == ("sent-0", "sent-1")
    links = await stage.rows("SELECT message, part, event FROM link WHERE message LIKE 'sent%'")
    assert [(row.message, row.part, row.event) for row in links] == [
        ("sent-0", 0, event),
        ("sent-1", 1, event),
    ]
    assert await stage.rows("SELECT * FROM part") == []


async def test_a_piece_that_is_still_too_long_is_cut_again(stage):
    stage.network.before.extend([refuse, refuse])
    room = await stage.begin()
    await stage.alice.say(room, TEXT)
    await stage.heard("aa", "aa", "bbbb")
    (outcome,) = await stage.ended()
    assert len(set(outcome.targets)) == 3


async def test_a_part_in_the_middle_is_cut_where_it_stands(stage):
    stage.rig._loopback = LoopbackConfig(text_limit=5)
    stage.network.before.extend([take, refuse])
    room = await stage.begin()
    await stage.alice.say(room, "aaaa bbbb cccc")
    await stage.heard("aaaa", "bb", "bb", "cccc")
    await stage.ended()
    links = await stage.rows("SELECT part FROM link WHERE message LIKE 'sent%' ORDER BY part")
    assert [row.part for row in links] == [0, 1, 2, 3]


async def test_rule_07_the_pieces_are_stored_before_the_first_is_sent(stage, gate):
    """Else a crash would find the whole, which the network might take now: behind its half."""
    stage.network.idempotent = True
    hold = gate()
    stage.network.before.extend([refuse, take, hold])
    room = await stage.begin()
    await stage.alice.say(room, TEXT)
    await hold.reached.wait()
    rows = await stage.rows("SELECT body FROM part ORDER BY number")
    assert [piece in row.body for piece, row in zip(TEXT.split(), rows, strict=True)] == [True] * 2
    await stage.again()
    await stage.alice.say(room, "next")
    await stage.heard("aaaa", "bbbb", "next")


async def test_a_pause_between_pieces_repeats_none(stage):
    stage.network.before.extend([refuse, take, lambda _: RetryLater("Slowly", after=0.01), refuse])
    room = await stage.begin()
    await stage.alice.say(room, TEXT)
    await stage.alice.say(room, "next")
    await stage.heard("aaaa", "bb", "bb", "next")


async def test_what_is_as_short_as_can_be_is_refused(stage):
    stage.network.before.append(refuse)
    room = await stage.begin()
    await stage.alice.say(room, "a")
    await stage.notice("It is too long.")
    await stage.alice.say(room, "next")
    await stage.heard("next")


async def test_an_edit_reaches_every_piece(stage):
    stage.network.before.append(refuse)
    room = await stage.begin()
    event = await stage.alice.say(room, TEXT)
    await stage.heard("aaaa", "bbbb")
    await stage.alice.edit(room, event, "short")
    await stage.ended(2)
    assert stage.network.chat("#room").texts() == ["short"]


def test_only_a_message_is_cut_and_pieces_of_another_event_keep_their_places():
    long, short = Message(from_plain("aaaa bbbb")), Message(from_plain("c"))
    original, target = EventID("$o"), MessageID("m")
    pieces = [Piece(Edit(target, long)), Piece(long, original, 1), Piece(short, original, 2)]
    parts = plan(pieces, ["x", "y", "z"])
    assert cut(parts, 0, name) == []
    smaller = [(one.number, one.txn, piece_in(one)) for one in cut(parts, 1, name)]
    assert [(number, txn, piece.event, piece.number) for number, txn, piece in smaller] == [
        (1, "y/0", original, 1),
        (2, "y/1", original, 2),
        (3, "z", original, 3),
    ]
    assert [plain(piece.content.text) for *_, piece in smaller] == ["aaaa", "bbbb", "c"]


def test_files_stay_with_the_beginning_and_every_piece_answers_what_the_whole_does():
    whole = Message(from_plain(TEXT), reply_to=MessageID("m"), quote=from_plain("q"))
    parts = cut([Part(0, "x", piece=Piece(whole))], 0, name)
    first, second = (piece_in(one).content for one in parts)
    assert (first.reply_to, second.reply_to) == (MessageID("m"), MessageID("m"))
    assert (plain(first.quote or ()), second.quote) == ("q", None)
