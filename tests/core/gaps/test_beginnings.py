"""Where the bridging of a chat begins in which nobody but us has spoken yet."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bridgekit.adapter import LoginState
from bridgekit.clock import SystemClock
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.configuration.settings import ChatLink
from bridgekit.errors import RetryLater
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, NetworkName, PortalKey, RemoteUserID
from bridgekit.models import PortalState
from bridgekit.past.past_reader import SKEW, TRIES
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import Rig

ROOM, BOB = ChatID("#room"), "@loop_bob:example.org"


class Asked(SupportsHistory):
    """History that fails as often as it is told, and says what it was asked."""

    asked: list[dict[str, object]]
    failures: list[Exception]

    async def history(self, chat, **span):
        Asked.asked.append({name: value for name, value in span.items() if value is not None})
        if Asked.failures:
            raise Asked.failures.pop()
        async for event in super().history(chat, **span):
            yield event


class Shifted(SystemClock):
    """The bridge's and the network's own."""

    ahead = timedelta()

    def now(self):
        return super().now() + self.ahead


@pytest.fixture
async def rig(tmp_path, database):
    Asked.asked, Asked.failures = [], []
    async with Rig(tmp_path, Shifted(), database=database) as rig:
        rig.links = ()  # the room is made when its alias is asked for: after the connect
        rig.network.extra = (Asked,)
        yield rig


def said(rig, *texts, at=None):
    """Somebody speaks, and the bridge is not told."""
    for text in texts:
        words = Message(from_plain(text))
        name = MessageID(text)
        rig.network.happen(RemoteEvent(Chat(ROOM), RemoteUserID("bob"), words, id=name, at=at))


def long_ago():
    return datetime.now(UTC) - 2 * SKEW


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


async def linked(rig):
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await calm(rig)
    return alice, room


async def back(rig, how="stop"):
    """The bridge goes, and comes back."""
    await getattr(rig, how)()
    await rig.start()
    await calm(rig)


async def missed(rig, *texts, at=None):
    """This is said while the bridge is away."""
    await rig.stop()
    said(rig, *texts, at=at)
    await rig.start()
    await calm(rig)


async def shown(rig, alice, room):
    """All that is there, once something new was said."""
    await rig.network.person("bob").say(ROOM, "new", id="new")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "new")
    return [body for body in await alice.bodies(room) if body is not None]


async def test_rule_21_the_first_words_in_a_linked_chat_are_not_lost(rig):
    alice, room = await linked(rig)
    await missed(rig, "missed 1", "missed 2")
    assert await shown(rig, alice, room) == ["missed 1", "missed 2", "new"]


async def test_rule_21_what_is_on_its_way_while_a_chat_is_linked_is_not_lost(rig):
    """The network has it already, the bridge does not, and dies."""
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    portals, key = rig.bridge.parts.portals, PortalKey(NetworkName("loop"), ROOM)
    await portals.want(await portals.ensure(key))
    said(rig, "on its way")
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await calm(rig)
    await back(rig, "kill")
    assert await shown(rig, alice, room) == ["on its way", "new"]


async def test_rule_21_what_is_said_before_the_room_is_there_is_not_lost(rig):
    """Between the commit that wants a room and the one that binds it, the bridge dies."""
    await rig.start()
    await calm(rig)
    portals, key = rig.bridge.parts.portals, PortalKey(NetworkName("loop"), ROOM)
    await portals.want(await portals.ensure(key))
    await rig.stop()
    said(rig, "missed")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await calm(rig)
    assert await shown(rig, alice, room) == ["missed", "new"]


async def test_rule_21_what_was_said_before_a_first_word_of_ours_is_not_lost(rig):
    """Nobody listens yet when the chat is linked; a person's own login is there before."""

    async def only_people(login):
        if login.relay:
            await asyncio.Event().wait()

    rig.network.connecting, rig.links = only_people, (ChatLink(chat="#room"),)
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    said(rig, "one")
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts())
    while rig.bridge.parts.queue.waiting:
        await settle()
    said(rig, "two")
    rig.network.connecting = None
    await back(rig, "kill")
    texts = await shown(rig, alice, room)
    assert [text for text in texts if text != "from matrix"] == ["one", "two", "new"]


async def test_what_was_said_before_a_chat_was_linked_stays_out(rig):
    said(rig, "old 1", "old 2", at=long_ago())
    alice, room = await linked(rig)
    await missed(rig, "missed")
    assert await shown(rig, alice, room) == ["missed", "new"]


async def test_what_was_said_while_a_chat_was_not_linked_stays_out(rig):
    alice, room = await linked(rig)
    await rig.stop()
    said(rig, "missed")
    await rig.start()
    await alice.wait_for(room, lambda event: event["content"].get("body") == "missed")
    portals, key = rig.bridge.parts.portals, PortalKey(NetworkName("loop"), ROOM)
    await portals.unbind(await portals.find(key), room)
    rig.clock.ahead = 2 * SKEW
    said(rig, "meanwhile")
    rig.clock.ahead = 4 * SKEW
    await portals.bind(await portals.find(key), room, ours=True)
    await missed(rig, "missed, too")
    assert await shown(rig, alice, room) == ["missed", "missed, too", "new"]


async def test_rule_21_a_clock_that_is_a_little_behind_loses_nothing(rig):
    alice, room = await linked(rig)
    await missed(rig, "by a slow clock", at=datetime.now(UTC) - SKEW / 2)
    assert await shown(rig, alice, room) == ["by a slow clock", "new"]


async def test_rule_21_what_we_say_ourselves_moves_no_beginning(rig):
    alice, room = await linked(rig)
    await rig.network.drop()
    said(rig, "missed 1")
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts())
    said(rig, "missed 2")
    await back(rig)
    texts = await shown(rig, alice, room)
    assert [text for text in texts if text != "from matrix"] == ["missed 1", "missed 2", "new"]


async def test_of_a_long_time_since_the_beginning_as_much_as_is_wanted_is_shown(rig):
    rig.network_settings["history"] = HistorySettings(gap=2)
    alice, room = await linked(rig)
    await missed(rig, "missed 1", "missed 2", "missed 3")
    texts = await shown(rig, alice, room)
    assert [text for text in texts if "only 2" not in text] == ["missed 1", "missed 2", "new"]
    assert len(texts) == 4, "and it is said that there was more"


async def test_who_links_a_chat_asks_its_network_nothing(rig):
    said(rig, "old", at=long_ago())
    await linked(rig)
    assert Asked.asked == []


async def test_a_network_that_cannot_tell_what_was_missed_is_asked_again(rig):
    alice, room = await linked(rig)
    await rig.stop()
    said(rig, "missed")
    Asked.failures = [RetryLater("not now", after=0.01)]
    await rig.start()
    await calm(rig)
    assert await shown(rig, alice, room) == ["missed", "new"]


async def test_a_network_that_never_tells_what_was_missed_is_said(rig):
    alice, room = await linked(rig)
    await rig.stop()
    Asked.failures = [RetryLater("not now", after=0.01) for _ in range(TRIES)]
    await rig.start()
    await calm(rig)
    notice = "⚠ Some messages may be missing here: loop did not say what was said before."
    assert await shown(rig, alice, room) == [notice, "new"]


async def test_where_only_we_speak_what_was_read_is_not_read_again(rig):
    alice, room = await linked(rig)
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts())
    await back(rig)
    Asked.asked.clear()
    await back(rig)
    (asked,) = Asked.asked
    assert asked["after"], "behind what we said ourselves"


async def test_a_newest_message_that_cannot_be_noted_is_no_failure(rig):
    alice, room = await linked(rig)
    await missed(rig, "\ud800")
    assert await shown(rig, alice, room) == ["new"]
    assert len(Asked.asked) == 1


async def test_rule_21_the_first_answer_in_a_direct_chat_is_not_lost(rig):
    """Alice's login was connected when she opened it, and nothing was said."""
    alice, room = await linked(rig)
    await alice.say(room, "hello all")
    await rig.network.wait(lambda: "hello all" in rig.network.texts())
    await calm(rig)
    (login,) = rig.network.clients.keys() - {"loop:bot"}
    direct = await alice.create_room(invite=[BOB], direct=True, preset="trusted_private_chat")
    await alice.wait_for(direct, lambda event: event.get("state_key") == BOB and joins(event))
    portals, key = rig.bridge.parts.portals, PortalKey(NetworkName("loop"), ChatID("bob"), login)
    while (portal := await portals.find(key)) is None or portal.state is not PortalState.BOUND:
        await settle()
    await rig.stop()
    words = Message(from_plain("psst"))
    private = Chat(ChatID("bob"), private=True)
    rig.network.happen(RemoteEvent(private, RemoteUserID("bob"), words, id=MessageID("p1")), login)
    await rig.start()
    await alice.wait_for(direct, lambda event: event["content"].get("body") == "psst")


def joins(event):
    return event["content"].get("membership") == "join"
