"""Whoever breaks a rule in this adapter fails a named test of the contract."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bridgekit import (
    Login,
    LoginError,
    MatrixEvent,
    Message,
    RemoteUserID,
    RetryLater,
    Sent,
    from_plain,
    plain,
)
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.contract.story import Broken
from matrix_bridgekit_mqtt import MQTTAdapter
from matrix_bridgekit_mqtt.adapter import MQTTClient
from matrix_bridgekit_mqtt.convert import to_event
from matrix_bridgekit_mqtt.testing import broker_in_memory


class AcknowledgesFirst(MQTTClient):
    async def run(self) -> None:
        while True:
            message = await self._session.next()
            self._session.acknowledge(message)
            await self._receive(to_event(message.topic, bytes(message.payload)))

    async def _receive(self, event: Any) -> None:
        await self._host.receive(self._login.id, event)


class SwallowsErrors(AcknowledgesFirst):
    async def _receive(self, event: Any) -> None:
        try:
            await super()._receive(event)
        except Exception:  # noqa: BLE001 (the rule that is broken)
            return


class SwallowsRetryLater(AcknowledgesFirst):
    async def _receive(self, event: Any) -> None:
        try:
            await super()._receive(event)
        except RetryLater:
            return


class StoresAgain(MQTTClient):
    async def run(self) -> None:
        while True:
            message = await self._session.next()
            await self._receive(to_event(message.topic, bytes(message.payload)))
            self._session.acknowledge(message)

    async def _receive(self, event: Any) -> None:
        await self._host.receive(self._login.id, event)


class KnowsOnePerson(StoresAgain):
    async def _receive(self, event: Any) -> None:
        await super()._receive(replace(event, sender=RemoteUserID("somebody")))


class CutsText(StoresAgain):
    async def _receive(self, event: Any) -> None:
        text = from_plain(plain(event.content.text)[:100])
        await super()._receive(replace(event, content=Message(text)))


class SpeaksLatinToMatrix(StoresAgain):
    async def _receive(self, event: Any) -> None:
        text = plain(event.content.text).encode("latin-1", "replace").decode("latin-1")
        await super()._receive(replace(event, content=Message(from_plain(text))))


class NeverAcknowledges(StoresAgain):
    async def run(self) -> None:
        message = await self._session.next()
        await self._receive(to_event(message.topic, bytes(message.payload)))
        await asyncio.Event().wait()


class NeverNoticesTheEnd(MQTTClient):
    async def run(self) -> None:
        try:
            await super().run()
        except ConnectionError:
            await asyncio.Event().wait()


class SwallowsLostAnswers(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except (ConnectionError, RetryLater):
            return Sent()


class IsSureOfTooMuch(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except ConnectionError as error:
            raise RetryLater("The connection broke") from error


class SendsTwice(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        await super().send(event)
        return await super().send(event)


class SpeaksLatinToDevices(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        text = plain(event.content.text).encode("latin-1", "replace").decode("latin-1")
        return await super().send(replace(event, content=Message(from_plain(text))))


class HidesRefusals(MQTTAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[MQTTClient]:
        try:
            async with super().connect(login) as client:
                yield client
        except LoginError as error:
            raise ConnectionError(str(error)) from error


class LeaksTasks(MQTTAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[MQTTClient]:
        self.left = asyncio.create_task(asyncio.sleep(3600))
        async with super().connect(login) as client:
            yield client


class LeaksSockets(MQTTAdapter):
    left: tuple[socket.socket, ...] = ()

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[MQTTClient]:
        LeaksSockets.left = (*self.left, socket.socket())
        async with super().connect(login) as client:
            yield client


_IN_ORDER = "what_people_say_is_seen_in_order_each_under_their_own_name"
MUTANTS = (
    (AcknowledgesFirst, "what_is_not_stored_is_not_acknowledged"),
    (AcknowledgesFirst, "what_fails_to_be_stored_is_not_acknowledged"),
    (SwallowsErrors, "what_fails_to_be_stored_is_not_acknowledged"),
    (SwallowsRetryLater, "what_cannot_be_stored_now_comes_again"),
    (StoresAgain, "what_comes_twice_is_seen_once"),
    (KnowsOnePerson, _IN_ORDER),
    (CutsText, "a_long_text_from_the_network_is_seen_whole"),
    (SpeaksLatinToMatrix, "unusual_text_from_the_network_is_seen_unchanged"),
    (NeverAcknowledges, _IN_ORDER),
    (NeverNoticesTheEnd, "after_a_broken_connection_both_sides_speak_on"),
    (SwallowsLostAnswers, "a_message_lost_on_the_way_is_sent_again_or_told"),
    (IsSureOfTooMuch, "a_lost_answer_never_doubles_a_message"),
    (SendsTwice, "what_is_said_on_matrix_is_heard_once_and_in_order"),
    (SpeaksLatinToDevices, "unusual_text_from_matrix_is_heard_unchanged"),
    (HidesRefusals, "a_refused_login_is_a_login_error"),
    (LeaksTasks, "a_cancelled_connection_leaves_nothing_behind"),
    (LeaksSockets, "a_cancelled_connection_leaves_nothing_behind"),
)


class OnMutant(AdapterContract):
    sockets = True

    def __init__(self, what: type[Any]) -> None:
        if issubclass(what, MQTTAdapter):
            self.adapter = what  # type: ignore[misc]  # of this one only
            return

        class Adapter(MQTTAdapter):
            client = what

        self.adapter = Adapter  # type: ignore[misc]

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        async with broker_in_memory() as network:
            network.patience = 20.0  # what is waited for here is not to come
            yield network


@pytest.mark.parametrize(("what", "test"), MUTANTS)
def test_whoever_breaks_a_rule_fails_the_test_of_that_rule(what: type[Any], test: str) -> None:
    with pytest.raises(Broken):
        getattr(OnMutant(what), f"test_{test}")()
    for left in LeaksSockets.left:
        left.close()
