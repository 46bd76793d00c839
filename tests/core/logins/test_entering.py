"""Entering very many chats: a few at once, and none of them held before its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bridgekit.errors import ChatMoved
from bridgekit.ids import ChatID, LoginID
from bridgekit.login.entering import Entering
from bridgekit.testing.clock import VirtualClock, settle

LOGIN = LoginID("net:bot")


async def test_of_very_many_chats_only_a_few_are_in_hand() -> None:
    gate, entered, looked_at = asyncio.Event(), set[ChatID](), 0

    async def enter(chat: ChatID) -> None:
        await gate.wait()
        entered.add(chat)

    def missing() -> Iterator[ChatID]:
        nonlocal looked_at
        for number in range(100):
            looked_at += 1
            yield ChatID(f"#{number}")

    entering = Entering(LOGIN, enter, {}, lambda _: 1.0, VirtualClock(), 8)
    running = asyncio.create_task(entering.run())
    entering.want(missing())
    await settle()
    assert looked_at == len(entering._begun) == 8
    gate.set()
    await settle()
    assert len(entered) == 100
    assert not entering._begun
    running.cancel()


async def test_who_was_put_out_waits_before_entering_again() -> None:
    clock, entered = VirtualClock(), list[ChatID]()

    async def enter(chat: ChatID) -> None:
        entered.append(chat)

    lost = {ChatID("#often"): 3}
    entering = Entering(LOGIN, enter, lost, float, clock, 8)
    running = asyncio.create_task(entering.run())
    entering.want(iter([ChatID("#often"), ChatID("#new")]))
    await settle()
    assert entered == ["#new"]
    await clock.advance(3)
    assert entered == ["#new", "#often"]
    running.cancel()


async def test_a_chat_that_has_moved_keeps_nobody_from_entering_the_others() -> None:
    tried = list[ChatID]()

    async def enter(chat: ChatID) -> None:
        tried.append(chat)
        if chat == "#old":
            raise ChatMoved(ChatID("#new"))

    entering = Entering(LOGIN, enter, {}, float, VirtualClock(), 8)
    running = asyncio.create_task(entering.run())
    entering.want(iter([ChatID("#old")]))
    await settle()
    assert not running.done()
    entering.want(iter([ChatID("#old"), ChatID("#other")]))
    await settle()
    assert tried == ["#old", "#other"]
    running.cancel()


async def test_a_client_says_how_many_it_enters_at_once() -> None:
    waiting = list[ChatID]()

    async def enter(chat: ChatID) -> None:
        waiting.append(chat)
        await asyncio.Event().wait()

    entering = Entering(LOGIN, enter, {}, float, VirtualClock(), 20)
    running = asyncio.create_task(entering.run())
    entering.want(ChatID(f"#{number}") for number in range(100))
    await settle()
    assert len(waiting) == 20
    running.cancel()
