"""What a login does with its connection: it enters chats, is known there, and leaves no trace."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.testing.clock import settle
from tests.core.logins.conftest import ALICE, BOT, PRIVATE, ROOM, Client, outcome


async def test_a_chat_is_entered_once_per_connection_before_anything_is_said(stage):
    await stage.run()
    for _ in range(2):
        await stage.logins.ready(BOT, ROOM, 10)
    assert stage.world.asked == [(BOT, "#room")]
    stage.world.clients[BOT].end.set_result(None)
    await stage.clock.advance(5)
    await stage.logins.ready(BOT, ROOM, 10)
    assert stage.world.asked == [(BOT, "#room")] * 2


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (Rejected("You are banned."), Rejected),
        (LoginError("No"), LoginError),
        (RetryLater("Slowly"), RetryLater),
        (ConnectionError("gone"), RetryLater),
        (TimeoutError(), RetryLater),
    ],
)
async def test_what_keeps_a_login_out_of_a_chat_is_never_taken_for_a_send(stage, trouble, raised):
    await stage.run()
    stage.world.enters = [trouble]
    with pytest.raises(raised):
        await stage.logins.ready(BOT, ROOM, 10)
    await stage.logins.ready(BOT, ROOM, 10)


async def test_an_answer_to_the_connection_before_does_not_count_for_this_one(stage, monkeypatch):
    await stage.run()
    gate = asyncio.Event()

    async def slow(*_: object) -> None:
        await gate.wait()

    monkeypatch.setattr(Client, "enter", slow)
    asking = stage.group.create_task(outcome(stage.logins.ready(BOT, ROOM, 10)))
    await settle()
    monkeypatch.undo()
    stage.world.clients[BOT].end.set_result(None)
    await stage.clock.advance(5)
    gate.set()
    await asking
    await stage.logins.ready(BOT, ROOM, 10)
    assert stage.world.asked == [(BOT, "#room")]


async def test_the_listener_is_in_its_chats_and_asks_again_while_it_may(stage):
    stage.chats = [ROOM, Chat(ChatID("#banned")), Chat(ChatID("#busy"))]
    stage.world.enters = [None, Rejected("banned"), RetryLater("throttled", after=7)]
    await stage.run()
    assert len(stage.world.asked) == 3
    await stage.clock.advance(6)
    assert len(stage.world.asked) == 3
    await stage.clock.advance(1)
    assert stage.world.asked[3:] == [(BOT, "#busy")]
    await stage.clock.advance(10_000)
    assert len(stage.world.asked) == 4  # the ban is believed while the connection lasts


async def test_one_that_is_put_out_of_its_chat_enters_again_ever_more_slowly(stage):
    stage.chats = [ROOM]
    await stage.run()
    waits = []
    for _ in range(4):
        began, asked = stage.clock.monotonic(), len(stage.world.asked)
        stage.logins.left(BOT, ROOM.id)
        while len(stage.world.asked) == asked:
            await stage.clock.advance(0.25)
        waits.append(stage.clock.monotonic() - began)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]


async def test_an_identity_of_ours_is_known_for_a_while_after_its_connection(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    assert stage.logins.is_our_echo(RemoteUserID(ALICE))
    await stage.clock.advance(601)
    assert stage.state(ALICE) == "offline"
    assert stage.logins.is_our_echo(RemoteUserID(ALICE))
    await stage.clock.advance(60)
    assert not stage.logins.is_our_echo(RemoteUserID(ALICE))
    assert not stage.logins.is_our_echo(None)


@pytest.mark.parametrize("breaks", [True, False])
async def test_the_end_leaves_no_task_and_no_connection(stage, breaks):
    before = asyncio.all_tasks()
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, ROOM, 10)
    stage.world.breaks_when_left = breaks
    stage.task.cancel()
    await asyncio.wait([stage.task])
    assert stage.world.clients == {}
    assert asyncio.all_tasks() <= before
    assert (stage.state(BOT), stage.state(ALICE)) == ("offline", "offline")
