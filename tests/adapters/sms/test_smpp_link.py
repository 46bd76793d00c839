"""SMPP over a connection: what is answered when, and what breaks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from bridgekit import LoginError, Rejected, RetryLater
from bridges.sms.fake.smsc import PASSWORD, FakeSmsc, fake_smsc
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.provider import Outgoing, Surroundings
from bridges.sms.providers.smpp import SMPP
from bridges.sms.segments import segments
from bridges.sms.settings import ProviderSettings
from bridges.sms.smpp.pdu import (
    Address,
    Message,
)
from bridges.sms.status import Rank

BOB_THERE, WE_THERE = Address(1, 1, BOB), Address(1, 1, OWN)


def outgoing(text: str, txn: str = "txn") -> Outgoing:
    return Outgoing(f"+{OWN}", (f"+{BOB}",), text, segments(text), txn)


class Listener:
    """An ear that keeps what it is told; `failure` is raised once instead."""

    since = None

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.aside: list[str] = []
        self.connections = self.read = 0
        self.failure: Exception | None = None
        self.more = asyncio.Event()

    def begins(self) -> None:
        self.connections += 1

    async def take(self, *told: Any) -> None:
        failure, self.failure = self.failure, None
        self.more.set()
        if failure is not None:
            raise failure
        self.told += told

    async def set_aside(self, _: bytes, why: str) -> None:
        self.aside.append(why)
        self.more.set()

    def confirmed(self, messages: int) -> None:
        self.read += messages
        self.more.set()

    async def until(self, found: Any, patience: float = 10.0) -> None:
        async with asyncio.timeout(patience):
            while not found():
                self.more.clear()
                await self.more.wait()


def smpp(smsc: FakeSmsc, **options: str) -> SMPP:
    nothing: Any = None
    around = Surroundings(nothing, "", lambda: 0.0, nothing)
    account = ProviderSettings(
        api_url=f"smpp://127.0.0.1:{smsc.port}",
        user="bridge",
        secret=SecretStr(PASSWORD),
        options=options,
    )
    return SMPP(account, around)


async def test_a_delivery_is_answered_only_once_it_is_stored() -> None:
    async with fake_smsc() as smsc:
        one, ear = smpp(smsc), Listener()
        ear.failure = OSError("the disk is full")
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(ear))
            smsc.texts(BOB, "hello")
            await ear.until(lambda: ear.told)
            listening.cancel()
        assert [found.text for found in ear.told] == ["hello"]


async def test_what_is_malformed_is_set_aside_and_answered() -> None:
    async with fake_smsc() as smsc:
        one, ear = smpp(smsc), Listener()
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(ear))
            await smsc.garble()
            smsc.texts(BOB, "after it")
            await ear.until(lambda: ear.told)
            listening.cancel()
        assert len(ear.aside) == 1


async def test_what_the_smsc_has_read_the_answer_of_is_confirmed() -> None:
    async with fake_smsc() as smsc:
        one, ear = smpp(smsc), Listener()
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(ear))
            smsc.texts(BOB, "hello")
            await ear.until(lambda: ear.told)
            await asyncio.sleep(0)  # its answer is written
            await one.send(outgoing("hi"))
            await ear.until(lambda: ear.read == 1)
            listening.cancel()


async def test_only_texts_count_among_what_the_smsc_has_read_the_answer_of() -> None:
    """Receipts are answered too, but only texts are told apart by what comes again."""
    async with fake_smsc() as smsc:
        one, ear = smpp(smsc), Listener()
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(ear))
            smsc.report("7", "DELIVRD")
            smsc.texts(BOB, "hello")
            smsc.report("8", "DELIVRD")
            await ear.until(lambda: len(ear.told) == 3)
            await asyncio.sleep(0)  # its answer is written
            await one.send(outgoing("hi"))
            await one.send(outgoing("hi"))
            listening.cancel()
        assert ear.read == 1


async def test_an_smsc_that_does_not_answer_leaves_a_send_in_doubt_and_goes_on() -> None:
    async with fake_smsc() as smsc:
        one, ear = smpp(smsc), Listener()
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(ear))
            link = one._link
            patient = link._account
            link._account = replace(patient, patience=0.01)
            smsc.mute(taken=True)
            with pytest.raises(TimeoutError):
                await one.send(outgoing("hi"))
            link._account = patient
            assert await one.send(outgoing("hi", "other")) == ("2",)
            # An answer that comes too late for the sender still shows what became of it.
            smsc.answer()
            await ear.until(lambda: ear.told)
            (told,) = ear.told
            assert (told.id, told.txn, told.rank) == ("1", "txn", Rank.SENT)
            listening.cancel()


@pytest.mark.parametrize("window", [1, 2])
async def test_only_so_many_texts_are_under_way_at_once(window: int) -> None:
    async with fake_smsc() as smsc:
        one = smpp(smsc, window=f"{window}")
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(Listener()))
            smsc.mute(taken=True)
            first = tasks.create_task(one.send(outgoing("first", "1")))
            while not smsc.submitted:  # noqa: ASYNC110 (it tells nobody)
                await asyncio.sleep(0)
            second = tasks.create_task(one.send(outgoing("second", "2")))
            if window == 1:
                for _ in range(100):
                    await asyncio.sleep(0)
                assert len(smsc.submitted) == 1
                smsc.answer()
            assert await second == ("2",)
            assert first.done() is (window == 1)
            smsc.answer()
            assert await first == ("1",)
            listening.cancel()


async def test_a_pause_is_asked_for_and_a_refusal_says_why() -> None:
    async with fake_smsc() as smsc:
        one, ear = smpp(smsc), Listener()
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(ear))
            smsc.throttle(1)
            with pytest.raises(RetryLater):
                await one.send(outgoing("hi"))
            await smsc.reject()
            with pytest.raises(Rejected, match="could not submit"):
                await one.send(outgoing("hi"))
            assert await one.send(outgoing("hi")) == ("1",)
            listening.cancel()


async def test_a_connection_that_breaks_leaves_a_send_in_doubt_and_the_next_one_unsent() -> None:
    async with fake_smsc() as smsc:
        one = smpp(smsc)
        async with one.open():
            listening = asyncio.ensure_future(one.run(Listener()))
            await smsc.lose(taken=True)
            with pytest.raises(ConnectionError):
                await one.send(outgoing("hi"))
            with pytest.raises(ConnectionError):
                await listening
            with pytest.raises(RetryLater):
                await one.send(outgoing("hi"))
        assert len(smsc.submitted) == 1


async def test_who_is_not_let_in_is_told_so() -> None:
    async with fake_smsc() as smsc:
        await smsc.refuse()
        with pytest.raises(LoginError):
            async with smpp(smsc).open():
                pass


async def test_an_smsc_may_give_no_ids() -> None:
    """Else all that it took would be called the same."""
    async with fake_smsc() as smsc:
        smsc.names = False
        for one in (smpp(smsc), smpp(smsc, ids="hex")):
            async with one.open(), asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(one.run(Listener()))
                assert await one.send(outgoing("hi")) == ()
                assert await one.send(outgoing("hi " * 100)) == ()
                listening.cancel()
        assert len(smsc.submitted) == 2 * (1 + 2)


async def test_an_id_that_is_no_number_leaves_no_send_in_doubt() -> None:
    async with fake_smsc() as smsc:
        assert smpp(smsc, ids="hex")._taken("a-7") == "a-7"


async def test_an_smsc_that_answers_in_hexadecimal_and_reports_in_decimal_is_understood() -> None:
    async with fake_smsc() as smsc:
        smsc.submitted += [Message(BOB_THERE, WE_THERE, b"")] * 254
        one, ear = smpp(smsc, ids="hex"), Listener()
        async with one.open(), asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(one.run(ear))
            assert await one.send(outgoing("hi")) == ("597",)  # 0x255
            smsc.report("597", "DELIVRD")
            await ear.until(lambda: ear.told)
            listening.cancel()
        assert ear.told[0].id == "597"
