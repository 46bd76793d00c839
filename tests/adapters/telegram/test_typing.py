"""Somebody types on Matrix: the bot does, for as long as it lasts."""

import asyncio

import pytest

from bridgekit import Rejected, Typing
from bridgekit.testing.contract.timing import play
from bridges.telegram.chat_actions import ChatActions
from bridges.telegram.ids import Place
from bridges.telegram.wire import TooFastError
from tests.adapters.telegram.test_bridge import played

FORUM = -1_000_000_002_002
TOPIC = Place(FORUM, 7)


def actions(fake):
    return fake.acts.of("sendchataction")


@played
async def test_the_bot_types_while_anybody_does_for_whom_it_speaks(stage):
    dave = stage.hs.person("dave")
    await dave.join(stage.room)
    await stage.alice.typing(stage.room)
    await stage.until(lambda: len(actions(stage.fake)) == 2, "it is said again while it lasts")
    await dave.typing(stage.room)
    await stage.alice.typing(stage.room, active=False)
    before = len(actions(stage.fake))
    await stage.until(lambda: len(actions(stage.fake)) > before, "dave types still")
    await dave.typing(stage.room, active=False)
    await stage.quiet()
    before = len(actions(stage.fake))
    await stage.quiet(60)
    assert len(actions(stage.fake)) == before
    assert {one.about for one in actions(stage.fake)} == {"typing"}


class Bot:
    """Takes so many chat actions, and then no more."""

    def __init__(self, most=100):
        self.most, self.said = most, []

    async def send_chat_action(self, chat, action, message_thread_id=None):
        if len(self.said) == self.most:
            raise TooFastError(3.0)
        self.said.append((chat, message_thread_id, action))


def typing(bot, seconds, place=TOPIC):
    """What a bot says of somebody who begins to type and never says that they stopped."""

    async def scene(time):
        actions = ChatActions(bot)
        working = asyncio.create_task(actions.work())
        await actions.typing(place, active=True)
        await time.passes(seconds)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    play(scene, sockets=False)
    return bot.said


def test_who_never_says_that_they_stopped_does_not_type_for_ever():
    assert typing(Bot(), 3) == [(FORUM, 7, "typing")]
    assert len(typing(Bot(), 120)) == 3  # in half a minute: a group has little room
    assert len(typing(Bot(), 120, Place(1001))) == 7


def test_typing_that_telegram_does_not_take_is_not_tried_again():
    assert len(typing(Bot(most=2), 120)) == 2


async def test_in_a_topic_the_bot_types_in_that_topic(place):
    topic = place.people.create_topic("Bob", FORUM, "Tea")
    await place.does(Typing(active=True), f"{FORUM}/{topic}")
    assert len(actions(place.fake)) == 1
    with pytest.raises(Rejected, match="topic was deleted"):
        await place.does(Typing(active=True), f"{FORUM}/999")
