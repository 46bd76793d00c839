"""Several gateways at once: one that is down is passed over, and comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bridgekit import LoginError, Rejected, RetryLater
from bridges.sms import lines as module
from bridges.sms.lines import Lines
from bridges.sms.listening import Ear, Listening
from bridges.sms.provider import Outgoing, Provider
from bridges.sms.segments import segments
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.office import BOB, OWN, place, settings


class Connection(Provider, Listening):
    """Holds one, until it is cut; `refused` is raised by the next so many tries."""

    title = "Test"

    def __init__(self) -> None:
        self.refusals: list[Exception] = []
        self.connected = 0
        self.cut = asyncio.Event()
        self.back = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        if self.refusals:
            raise self.refusals.pop(0)
        self.connected += 1
        if self.connected > 1:
            self.back.set()
        yield

    async def run(self, ear: Ear) -> None:
        del ear
        await self.cut.wait()
        self.cut.clear()
        raise ConnectionError("cut")

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        raise NotImplementedError


async def test_one_gateway_alone_that_is_refused_is_refused_altogether() -> None:
    one = Connection()
    one.refusals.append(LoginError("who are you"))
    async with AsyncExitStack() as stack:
        with pytest.raises(LoginError):
            await Lines({"one": one}).open(stack)


async def test_one_gateway_alone_that_is_gone_ends_the_connection() -> None:
    one, ear = Connection(), _ear()
    lines = Lines({"one": one})
    async with AsyncExitStack() as stack:
        await lines.open(stack)
        one.cut.set()
        with pytest.raises(ExceptionGroup):
            await lines.run(lambda _: ear)


async def test_of_two_one_may_be_down_and_is_tried_again(monkeypatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.0)
    one, other, ear = Connection(), Connection(), _ear()
    one.refusals += [LoginError("who are you"), RetryLater("not yet")]
    lines = Lines({"one": one, "other": other})
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        await lines.open(stack)
        assert [line.down for line in lines] == ["who are you", ""]
        assert "who are you" in next(lines.findings()).text
        running = tasks.create_task(lines.run(lambda _: ear))
        other.cut.set()
        await other.back.wait()
        while one.connected < 1:  # noqa: ASYNC110 (a gateway tells nobody)
            await asyncio.sleep(0)
        running.cancel()


async def test_one_of_two_that_refuses_a_text_is_not_asked_until_it_lets_us_in_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.0)
    office = place(settings(providers={"one": ProviderSettings(), "other": ProviderSettings()}))
    one, other, message = office.gateways["one"], office.gateways["other"], outgoing()
    one.answers.append(LoginError("no credit left"))
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        await office.lines.open(stack)
        assert (await office.lines.send(("one", "other"), message))[0] == "other"
        assert [line.down for line in office.lines] == ["no credit left", ""]
        assert "one is not used: no credit left" in caplog.text
        with pytest.raises(RetryLater, match="no credit left"):
            await office.lines.send(("one",), message)
        running = tasks.create_task(office.lines.run(lambda _: _ear()))
        while next(iter(office.lines)).down:  # noqa: ASYNC110 (a gateway tells nobody)
            await asyncio.sleep(0)
        assert (await office.lines.send(("one", "other"), message))[0] == "one"
        assert (len(one.sent), len(other.sent)) == (1, 1)
        running.cancel()


async def test_a_text_that_is_refused_like_an_account_each_time_is_refused_alone() -> None:
    """Else it would take its gateway away from all others, again and again, for a day."""
    office = place(settings(providers={"one": ProviderSettings(), "other": ProviderSettings()}))
    one, (line, _) = office.gateways["one"], office.lines
    poison, other = outgoing(), replace(outgoing(), txn="txn-2")
    for _ in range(2):  # as long as nothing else was taken it may be the account
        one.answers.append(LoginError("not that"))
        with pytest.raises(RetryLater, match="not that"):
            await office.lines.send(("one",), poison)
        assert line.down == "not that"
        line.is_back()
    assert (await office.lines.send(("one",), other))[0] == "one"
    one.answers.append(LoginError("not that"))
    with pytest.raises(Rejected, match="takes other texts, and refuses this one"):
        await office.lines.send(("one",), poison)
    assert line.down == ""
    one.answers.append(LoginError("not that"))
    assert (await office.lines.send(("one", "other"), poison))[0] == "other"


async def test_where_none_of_several_answers_there_is_no_connection() -> None:
    one, other = Connection(), Connection()
    one.refusals.append(RetryLater("not now"))
    other.refusals.append(LoginError("who are you"))
    async with AsyncExitStack() as stack:
        with pytest.raises(LoginError):
            await Lines({"one": one, "other": other}).open(stack)


def outgoing() -> Outgoing:
    return Outgoing(f"+{OWN}", (f"+{BOB}",), "hi", segments("hi"), "txn-1")


def _ear() -> Any:
    return None
