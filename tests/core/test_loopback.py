"""The loopback network keeps what happens in it, whoever did it, and has the abilities it is told.

Its clients are asked directly, by a host that only writes down what it is handed.
"""

from __future__ import annotations

import io
from contextlib import asynccontextmanager

import pytest

from bridgekit.adapter import Client, Login
from bridgekit.errors import Rejected
from bridgekit.events import (
    Deletion,
    DeliveryState,
    Edit,
    MatrixEvent,
    Message,
    Pin,
    Poll,
    Reaction,
    Typing,
    Vote,
)
from bridgekit.facts import Attachment, AttachmentKind, Chat, ChatInfo, Profile, Rank
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.supports import Absence, Found, SupportsEdit, SupportsLookup, SupportsPin
from bridgekit.testing.loopback import ABILITIES, LoopbackNetwork, only

ROOM = Chat(ChatID("#room"))
SENT = MessageID("sent-0")


class Notebook:
    """A host that takes everything."""

    def __init__(self) -> None:
        self.received = []
        self.renamed = []
        self.media = {}

    async def receive(self, _login, *events, cursor=None):
        assert cursor is None
        self.received += events

    async def user_changed(self, _login, info):
        self.renamed.append(info)

    @asynccontextmanager
    async def open(self, attachment):
        yield io.BytesIO(self.media[attachment.source])

    @property
    def contents(self):
        return [event.content for event in self.received]


@pytest.fixture
def network():
    return LoopbackNetwork()


@pytest.fixture
def host():
    return Notebook()


@pytest.fixture
async def client(network, host):
    return await network.admit(Login(LoginID("me"), None, {"nick": "me"}, relay=False), host)


def event(content, txn="t0", chat=ROOM):
    return MatrixEvent(chat, content, txn, Profile("Alice"), relayed=False)


def message(text, **fields):
    return Message(from_plain(text), **fields)


async def test_a_client_has_every_ability_but_those_that_are_taken_away(network, host, client):
    declared = {ability for ability in ABILITIES if isinstance(client, ability)}
    assert declared == ABILITIES - {SupportsLookup}
    network.lacks = frozenset({SupportsEdit, SupportsPin})
    network.remembers = Absence.ABSENT
    other = await network.admit(client.login, host)
    assert isinstance(other, Client)
    assert {one for one in ABILITIES if not isinstance(other, one)} == network.lacks


async def test_what_the_bridge_does_is_kept_in_order_and_shows_in_the_chat(network, client):
    sent = await client.send(event(message("hello")))
    await client.edit(event(Edit(SENT, message("hello there"))))
    await client.react(event(Reaction(SENT, "👍")))
    await client.pin(event(Pin(SENT)))
    assert sent.ids == (SENT,)
    assert [act.kind for act in network.acts] == ["message", "edit", "reaction", "pin"]
    assert network.acted(Pin) == [Pin(SENT)]
    chat = network.chat("#room")
    told = chat.messages["sent-0"]
    assert (told.text, told.reactions, chat.pins) == ("hello there", {"👍": {"me"}}, ["sent-0"])
    assert network.texts() == ["hello"]
    await client.react(event(Reaction(SENT, "👍", removed=True)))
    await client.pin(event(Pin(SENT, removed=True)))
    await client.delete(event(Deletion(SENT)))
    assert (told.deleted, told.reactions, chat.pins, chat.texts()) == (True, {}, [], [])


@pytest.mark.usefixtures("client")
async def test_what_people_do_is_handed_over_and_kept(network, host):
    bob, ann = network.person("bob"), network.person("ann")
    await bob.say("#room", "hello", id="m1")
    await ann.reply("#room", "m1", "hi", id="m2")
    await ann.react("#room", "m1", "🎉")
    await bob.edit("#room", "m1", "hello!")
    await bob.delete("#room", "m2")
    await bob.read("#room", "m2")
    await bob.types("#room")
    await bob.report("#room", "m1", DeliveryState.READ)
    chat = network.chat("#room")
    assert chat.texts() == ["hello!"]
    assert chat.with_text("hi").deleted
    assert chat.messages["m1"].reactions == {"🎉": {"ann"}}
    assert (chat.receipts, chat.typing) == ({"bob": "m2"}, {"bob"})
    assert [content.__class__.__name__ for content in host.contents] == [
        "Message", "Message", "Reaction", "Edit", "Deletion", "Receipt", "Typing", "Delivery"
    ]  # fmt: skip
    assert host.contents[1].reply_to == "m1"


async def test_people_come_and_go_and_rise(network, host, client):
    bob = network.person("bob")
    await bob.join("#room")
    await bob.invite("#room", "ann")
    await bob.set_rank("#room", "eve", Rank.MODERATOR)
    chat = network.chat("#room")
    assert (chat.members, chat.invited) == ({"bob": Rank.MEMBER, "eve": Rank.MODERATOR}, {"ann"})
    await bob.kick("#room", "ann")
    await bob.ban("#room", "eve", "noise")
    await bob.leave("#room")
    assert (chat.members, chat.invited, chat.banned) == ({}, set(), {"eve"})
    assert chat.reasons["eve"] == "noise"
    await bob.unban("#room", "eve")
    assert chat.banned == set()
    await bob.rename("Bobby")
    assert [info.name for info in host.renamed] == ["Bobby"]
    assert (await client.user_info(RemoteUserID("bob"))).name == "Bobby"


async def test_a_chat_is_described_as_it_became_and_found_where_it_moved(network, client):
    bob = network.person("bob")
    assert (await client.chat_info(ROOM.id)).name == "#room"
    await bob.rename_chat("#room", "The room")
    await bob.retopic("#room", "Talk")
    await bob.join("#room")
    await bob.move("#room", "#hall")
    info = await client.chat_info(ChatID("#hall"))
    assert (info.id, info.name, info.topic, info.members) == ("#hall", "The room", "Talk", None)
    network.lists_members = True
    members = (await client.chat_info(ChatID("#hall"))).members
    assert [member.user for member in members] == ["bob"]
    assert [member.user async for member in client.members(ChatID("#hall"))] == ["bob", "me"]
    await network.person("ann").say("#hall", "hi")
    assert network.chat("#hall").members == {"bob": Rank.MEMBER, "ann": Rank.MEMBER}


async def test_polls_and_votes_reach_both_sides(network, client):
    await client.poll(event(Poll("Tea?", ("yes", "no"))))
    await network.person("bob").vote("#room", "sent-0", 1)
    await client.vote(event(Vote(SENT, (0,))))
    told = network.chat("#room").messages["sent-0"]
    assert (told.text, told.votes) == ("Tea?", {"bob": (1,), "me": (0,)})
    await client.vote(event(Vote(SENT, ())))
    assert told.votes == {"bob": (1,), "me": ()}


async def test_history_is_what_the_chat_reads_oldest_first(network, client):
    bob = network.person("bob")
    for number in range(6):
        await bob.say("#room", str(number), id=f"m{number}")
    await bob.delete("#room", "m4")
    await bob.edit("#room", "m5", "five")

    async def read(**between):
        found = [one async for one in client.history(ROOM.id, **between)]
        return [(one.id, one.content.text) for one in found]

    def shown(*pairs):
        return [(name, from_plain(text)) for name, text in pairs]

    assert await read(limit=2) == shown(("m3", "3"), ("m5", "five"))
    assert await read(after=MessageID("m1"), limit=2) == shown(("m2", "2"), ("m3", "3"))
    assert await read(before=MessageID("m2"), limit=9) == shown(("m0", "0"), ("m1", "1"))


async def test_a_file_is_served_in_pieces_and_one_given_is_kept(network, host, client):
    bob = network.person("bob")
    small, large = bob.file("a.png", b"\x89PNG", "image/png"), bob.file("b.bin", 200_000)
    await bob.attach("#room", small, large, caption="look")
    assert (small.kind, large.kind) == (AttachmentKind.IMAGE, AttachmentKind.FILE)
    assert host.contents[0].attachments == (small, large)
    pieces = [piece async for piece in client.download(large)]
    assert [len(piece) for piece in pieces] == [65_536, 65_536, 65_536, 3_392]
    host.media["mxc"] = b"content"
    given = Attachment(AttachmentKind.FILE, "mxc", "c.txt")
    await client.send(event(message("", attachments=(given,))))
    file = network.files["mxc"]
    assert (file.attachment, file.size, file.data) == (given, 7, b"content")


async def test_faults_strike_what_people_wait_for_and_others_when_aimed(network, client):
    network.before.append(lambda _: Rejected("no edits today"))
    await client.typing(event(Typing(active=True)))
    with pytest.raises(Rejected):
        await client.edit(event(Edit(SENT, message("x"))))
    network.after.append(only(lambda _: TimeoutError(), Typing))
    await client.send(event(message("passes")))
    with pytest.raises(TimeoutError):
        await client.typing(event(Typing(active=False)))
    assert network.chat("#room").typing == set()
    assert [act.kind for act in network.acts] == ["typing", "message", "typing"]


async def test_a_doubled_send_is_two_messages_unless_the_network_knows_the_txn(network, client):
    network.remembers = Absence.ABSENT
    assert await client.find(event(message("x")), None) is Absence.ABSENT
    ids = [(await client.send(event(message("x")))).ids for _ in range(2)]
    assert ids == [("sent-0",), ("sent-1",)]
    assert await client.find(event(message("x")), None) == Found((SENT, MessageID("sent-1")))
    network.idempotent = True
    assert (await client.send(event(message("x")))).ids == ("sent-1",)
    assert network.texts() == ["x", "x"]


async def test_an_id_that_comes_with_the_echo_names_what_was_sent(network, client):
    network.late_ids = True
    assert (await client.send(event(message("hello"), "t9"))).pending
    await network.say("#room", "me", "hello", id="late", txn="t9")
    assert list(network.chat("#room").messages) == ["late"]


async def test_a_private_chat_of_each_login_is_its_own(network, client):
    bob = Chat(ChatID("bob"), private=True)
    await client.send(event(message("for bob"), chat=bob))
    await network.person("bob").say("bob", "for me", to=client.login.id)
    assert network.chat("bob", client.login.id).texts() == ["for bob", "for me"]
    assert network.chat("bob").texts() == []


async def test_people_are_found_and_chats_made(network, client):
    network.strangers.add("zoe")
    assert await client.resolve("Bob") == Chat(ChatID("bob"), private=True)
    with pytest.raises(Rejected):
        await client.resolve("zoe")
    made = await client.create(ChatInfo(name="Plans"), [RemoteUserID("bob")])
    assert network.chat(made.id).members == {"me": Rank.OWNER, "bob": Rank.MEMBER}
    assert [info.name async for info in client.chats()] == ["Plans"]
