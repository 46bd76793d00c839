"""Where the bridging of a chat begins in which nobody but us has spoken yet."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import LoginState
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.errors import RetryLater
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, NetworkName, PortalKey, RemoteUserID
from bridgekit.past import gaps
from bridgekit.past.listened import listened
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import Rig

ROOM, BOB = ChatID("#room"), "@loop_bob:example.org"


class Asked(SupportsHistory):
    """History that fails as often as it is told, and says what it was asked."""

    asked: list[tuple[str | None, int]]
    failures: list[Exception]

    @staticmethod
    async def meanwhile(call):
        """What happens while it is asked for the first, the second time."""

    async def history(self, chat, *, after=None, before=None, limit):
        Asked.asked.append((after, limit))
        await self.meanwhile(len(Asked.asked))
        if Asked.failures:
            raise Asked.failures.pop()
        async for event in super().history(chat, after=after, before=before, limit=limit):
            yield event


@pytest.fixture
async def rig(tmp_path, database):
    Asked.asked, Asked.failures = [], []
    async with Rig(tmp_path, database=database) as rig:
        rig.links = ()  # the room is made when its alias is asked for: after the connect
        rig.network.extra = (Asked,)
        yield rig


def said(rig, *texts):
    """Somebody speaks while nobody listens."""
    for text in texts:
        words = Message(from_plain(text))
        rig.network.happen(RemoteEvent(Chat(ROOM), RemoteUserID("bob"), words, id=MessageID(text)))


async def calm(rig):
    """Return once no gap is open."""
    await connected(rig)
    while rig.bridge.parts.matrix.gaps._open._open:
        await settle()


async def connected(rig):
    """Return once the connect has seen which gaps there are."""
    (network,) = rig.bridge.parts.networks
    while network.logins.state(network.logins.listeners.of("#room"))[0] is not LoginState.ONLINE:
        await settle()
    while rig.bridge.parts.matrix.gaps._starting:
        await settle()


async def again(rig):
    """The connection is lost; return once there is another."""
    (network,) = rig.bridge.parts.networks
    await rig.network.drop()
    while network.logins.state(network.logins.listeners.of("#room"))[0] is LoginState.ONLINE:
        await settle()
    await connected(rig)


async def kept(rig):
    """Return once what was said last is stored behind the places of the one gap."""
    (gap,) = rig.bridge.parts.matrix.gaps._open._open.values()
    while gap.kept is None or rig.bridge.parts.queue.waiting == 0:
        await settle()


async def linked(rig):
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await calm(rig)
    return alice, room


async def shown(rig, alice, room):
    """All that is there, once something new was said."""
    await rig.network.person("bob").say(ROOM, "new", id="new")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "new")
    return [body for body in await alice.bodies(room) if body is not None]


async def test_rule_21_the_first_words_in_a_linked_chat_are_not_lost(rig):
    alice, room = await linked(rig)
    await rig.stop()
    said(rig, "missed 1", "missed 2")
    await rig.start()
    await calm(rig)
    assert await shown(rig, alice, room) == ["missed 1", "missed 2", "new"]


async def test_what_was_said_before_a_chat_was_linked_stays_out(rig):
    said(rig, "old 1", "old 2")
    alice, room = await linked(rig)
    await rig.stop()
    said(rig, "missed")
    await rig.start()
    await calm(rig)
    assert await shown(rig, alice, room) == ["missed", "new"]


async def test_rule_21_what_we_say_ourselves_moves_no_beginning(rig):
    alice, room = await linked(rig)
    await rig.network.drop()
    said(rig, "missed 1")
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts())
    said(rig, "missed 2")
    await rig.stop()
    await rig.start()
    await calm(rig)
    texts = await shown(rig, alice, room)
    assert [text for text in texts if text != "from matrix"] == ["missed 1", "missed 2", "new"]


async def test_of_a_long_time_since_the_beginning_the_latest_is_shown_and_the_rest_is_said(rig):
    rig.network_settings["history"] = HistorySettings(gap=2)
    alice, room = await linked(rig)
    await rig.stop()
    said(rig, "missed 1", "missed 2", "missed 3")
    await rig.start()
    await calm(rig)
    texts = await shown(rig, alice, room)
    assert [text for text in texts if "only 2" not in text] == ["missed 2", "missed 3", "new"]
    assert len(texts) == 4


async def test_a_network_that_cannot_tell_the_beginning_is_asked_again(rig):
    Asked.failures = [RetryLater("not now", after=0.01)]
    alice, room = await linked(rig)
    await rig.stop()
    said(rig, "missed")
    await rig.start()
    await calm(rig)
    assert await shown(rig, alice, room) == ["missed", "new"]


async def test_a_network_that_never_tells_the_beginning_is_said(rig):
    Asked.failures = [RetryLater("not now", after=0.01) for _ in range(3)]
    alice, room = await linked(rig)
    notice = "⚠ Some messages may be missing here: loop did not say what was said before."
    assert await shown(rig, alice, room) == [notice, "new"]


async def test_a_newest_message_that_cannot_be_noted_is_no_failure(rig):
    said(rig, "\ud800")
    await linked(rig)
    assert Asked.asked == [(None, 1)]


async def test_a_chat_whose_beginning_is_known_is_not_looked_at_again(rig):
    said(rig, "old")
    await linked(rig)
    assert Asked.asked == [(None, 1)]
    await rig.stop()
    Asked.asked.clear()
    await rig.start()
    await calm(rig)
    assert {after for after, _ in Asked.asked} == {"old"}


async def test_where_only_we_speak_what_was_read_is_not_read_again(rig):
    alice, room = await linked(rig)
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts())
    for _ in range(2):
        await rig.stop()
        Asked.asked.clear()
        await rig.start()
        await calm(rig)
    assert len(Asked.asked) == 1
    assert Asked.asked[0][0], "behind what we said ourselves"


async def test_rule_21_the_first_answer_in_a_direct_chat_is_not_lost(rig):
    """Alice's login was connected when she opened it, and nothing was said."""
    alice, room = await linked(rig)
    await alice.say(room, "hello all")
    await rig.network.wait(lambda: "hello all" in rig.network.texts())
    await calm(rig)
    (login,) = rig.network.clients.keys() - {"loop:bot"}
    direct = await alice.create_room(invite=[BOB], direct=True, preset="trusted_private_chat")
    await alice.wait_for(direct, lambda event: event.get("state_key") == BOB and joins(event))
    while len(Asked.asked) < 2:
        await settle()
    await calm(rig)
    await rig.stop()
    words = Message(from_plain("psst"))
    private = Chat(ChatID("bob"), private=True)
    rig.network.happen(RemoteEvent(private, RemoteUserID("bob"), words, id=MessageID("p1")), login)
    await rig.start()
    await alice.wait_for(direct, lambda event: event["content"].get("body") == "psst")


def joins(event):
    return event["content"].get("membership") == "join"


async def test_rule_21_what_came_while_its_beginning_was_looked_at_stays_in_order(rig, monkeypatch):
    """The look finds what came as new, and the login connects anew before the gap is closed."""
    bob, carol = rig.network.person("bob"), rig.network.person("carol")

    async def meanwhile(call):
        if call == 1:  # the look
            await bob.say(ROOM, "one", id="one")
            await kept(rig)
            await again(rig)
        elif call == 2:  # the connect reads what may have been missed
            await carol.say(ROOM, "two", id="two")
            await kept(rig)

    monkeypatch.setattr(Asked, "meanwhile", staticmethod(meanwhile))
    alice, room = await linked(rig)
    assert [after for after, _ in Asked.asked] == [None, "one"]
    assert await shown(rig, alice, room) == ["one", "two", "new"]


async def test_rule_21_a_chat_that_is_linked_while_its_login_connects_is_looked_at_once(
    rig, monkeypatch
):
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly(*args):
        began.set()
        await goes_on.wait()
        return await listened(*args)

    monkeypatch.setattr(gaps, "listened", slowly)
    await rig.start()
    await began.wait()
    alice = rig.hs.person("alice")
    joining = asyncio.create_task(alice.join("#loop_#room:example.org"))
    portals, key = rig.bridge.parts.portals, PortalKey(NetworkName("loop"), ROOM)
    while (portal := await portals.find(key)) is None or portal.room is None:
        await settle()
    for _ in range(20):
        await settle()
    goes_on.set()
    await joining
    await calm(rig)
    assert len(Asked.asked) == 1
