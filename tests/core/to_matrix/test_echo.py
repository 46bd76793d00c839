"""What the network shows us of our own is linked, never sent; what strangers say is."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import Login
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.flights import Flights
from bridgekit.ids import (
    ChatID,
    EventID,
    LoginID,
    MessageID,
    NetworkName,
    PortalID,
    PortalKey,
    RemoteUserID,
)
from bridgekit.lanes.journey import Done
from bridgekit.models import Link, Portal
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle
from bridgekit.to_matrix.echo import Echoes

ALICE, BOT = LoginID("loop:alice"), LoginID("loop:bot")
PORTAL = Portal(PortalID(1), PortalKey(NetworkName("loop"), ChatID("#room")))


class Logins:
    """A bot, and a person's own account that they use from a phone as well."""

    def holder(self, user):
        accounts = [
            Login(BOT, None, {}, relay=True, exclusive=True),
            Login(ALICE, "Alice", {}, relay=False, exclusive=False),
        ]
        return next((one for one in accounts if one.id.partition(":")[2] == user), None)


class Network:
    name = NetworkName("loop")
    logins = Logins()


class Owners:
    """Who has signed in is connected."""

    def account(self, _network, _user):
        return None


class Rows:
    def __init__(self):
        self.linked: set[str] = set()
        self.gone: set[str] = set()
        self.waiting: dict[str, Link] = {}

    async def known(self, _portal, message):
        return [message] if message in self.linked else [], message in self.gone

    async def pending(self, _portal, txn):
        return self.waiting.get(txn)


class Portals:
    def __init__(self):
        self.rows = Rows()


@pytest.fixture
def portals():
    return Portals()


@pytest.fixture
def flights():
    return Flights()


@pytest.fixture
def settle_event(portals, flights):
    # Who says when it was said is asked nothing.
    echoes = Echoes(portals, flights, Owners(), lambda *_: False)

    async def settled(sender, *, id=None, txn=None, judged=True) -> Done | None:  # noqa: A002 (the field's name)
        event = RemoteEvent(
            Chat(ChatID("#room")),
            RemoteUserID(sender),
            Message(from_plain("x")),
            id=None if id is None else MessageID(id),
            txn=txn,
        )
        return await echoes.settle(PORTAL, Network(), event, judged=judged)

    return settled


def pending():
    return Link(PORTAL.id, MessageID(""), 0, EventID("$said"), "Alice")


async def test_what_a_stranger_says_is_news(settle_event):
    assert await settle_event("carol", id="m1") is None


async def test_what_was_judged_when_it_came_in_is_not_judged_again(settle_event):
    assert await settle_event("bot", id="m1", judged=True) is None
    assert (await settle_event("bot", id="m1", judged=False)).reason is Reason.OWN_ECHO


async def test_an_echo_with_our_txn_makes_the_link_that_its_send_could_not(settle_event, portals):
    portals.rows.waiting["t1"] = pending()
    done = await settle_event("bot", id="m1", txn="t1", judged=False)
    assert done.reason is Reason.OWN_ECHO
    assert done.links == [Link(PORTAL.id, MessageID("m1"), 0, EventID("$said"), "Alice")]
    assert done.settled == (PORTAL.id, "t1")


@pytest.mark.parametrize("login", ["bot", "alice"])
async def test_an_echo_that_is_faster_than_the_answer_waits_for_it(
    settle_event, portals, flights, login
):
    land = flights.take_off(PORTAL.id, LoginID(f"loop:{login}"))
    task = asyncio.ensure_future(settle_event(login, id="m1", txn="t1", judged=False))
    await settle()
    assert not task.done()
    portals.rows.waiting["t1"] = pending()
    land()
    assert (await task).links


async def test_a_persons_own_words_wait_while_we_send_as_them(settle_event, portals, flights):
    land = flights.take_off(PORTAL.id, ALICE)
    ours = asyncio.ensure_future(settle_event("alice", id="sent-by-us"))
    theirs = asyncio.ensure_future(settle_event("alice", id="typed-on-the-phone"))
    await settle()
    assert not ours.done()
    assert not theirs.done()
    portals.rows.linked.add("sent-by-us")
    land()
    assert (await ours).reason is Reason.OWN_ECHO
    assert await theirs is None


async def test_a_link_makes_a_repetition_known(settle_event, portals):
    portals.rows.linked.add("m1")
    assert (await settle_event("carol", id="m1")).reason is Reason.DUPLICATE


async def test_the_bots_own_posts_never_become_a_ghosts(rig, watch):
    rig.network.lacks = frozenset({SupportsHistory})  # it may tell of them again, and all counts
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bot", "my own words", id="m1")
    await rig.network.say("#room", "bob", "hello", id="m2")
    await eye.sees("hello")
    assert eye.count(Reason.OWN_ECHO) == 1


async def test_somebody_who_had_the_nick_before_is_still_heard(rig, watch):
    await rig.start()
    eye = await watch(rig)
    gate = rig.hs.delay("PUT", "/send/")
    await rig.network.say("#room", "bob", "first", id="m1")
    await gate.reached.wait()
    await rig.network.say("#room", "alice", "I am another alice", id="m2")
    await eye.alice.say(eye.room, "now I am alice there")
    await rig.network.wait(lambda: len(rig.network.heard) == 1)
    gate.release()
    await eye.sees("now I am alice there", "first", "I am another alice")


async def test_rule_20_what_was_deleted_before_it_came_is_not_news(settle_event, portals):
    portals.rows.gone.add("m1")
    assert (await settle_event("carol", id="m1")).reason is Reason.TARGET_GONE
