"""The adapter, with one rule broken in each: what a part of it is replaced by."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bridgekit import (
    ChatID,
    Login,
    LoginError,
    MatrixEvent,
    Message,
    Rejected,
    RemoteEvent,
    RemoteUserID,
    RetryLater,
    Sent,
    from_plain,
    plain,
)
from matrix_bridgekit_mqtt.adapter import MQTTAdapter, MQTTClient
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.convert import to_event, to_publication
from matrix_bridgekit_mqtt.mqtt.packets import Publication
from matrix_bridgekit_mqtt.mqtt.session import Session, connected

LEFT: list[Any] = []


class AcknowledgesFirst(MQTTClient):
    async def _take(self, message: Publication) -> None:
        self._session.acknowledge(message)
        await super()._take(message)


class SwallowsErrors(MQTTClient):
    async def _take(self, message: Publication) -> None:
        try:
            await super()._take(message)
        except RetryLater:
            raise
        except Exception:  # noqa: BLE001 (the rule that is broken)
            return


class SwallowsRetryLater(MQTTClient):
    async def _take(self, message: Publication) -> None:
        try:
            await super()._take(message)
        except RetryLater:
            return


class NeverAcknowledges(MQTTClient):
    async def _take(self, message: Publication) -> None:
        await super()._take(message)
        await asyncio.Event().wait()


class StoresAgain(MQTTClient):
    async def _take(self, message: Publication) -> None:
        await super()._take(message._replace(again=False))


class DropsTheNumber(MQTTClient):
    """What MQTT has in place of a transaction ID: it is not stored with the message."""

    async def _take(self, message: Publication) -> None:
        await self._host.receive(self._login, to_event(message))


class RaisesWhereItUnderstandsNothing(MQTTClient):
    async def _take(self, message: Publication) -> None:
        to_event(message)
        await super()._take(message)


class DropsTheRest(MQTTClient):
    async def run(self) -> None:
        message = await self._session.next()
        await self._take(message)
        self._session.acknowledge(message)
        while True:
            self._session.acknowledge(await self._session.next())


class NeverNoticesTheEnd(MQTTClient):
    async def run(self) -> None:
        try:
            await super().run()
        except ConnectionError:
            await asyncio.Event().wait()


class SaysThatItLosesWhatItKeeps(MQTTClient):
    def __init__(self, *what: Any) -> None:
        super().__init__(*what)
        self.resumes = False


class SwallowsLostAnswers(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except (ConnectionError, RetryLater):
            return Sent()


class SwallowsRefusals(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except Rejected:
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


class AnswersNothing(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Any:
        await super().send(event)


class AnswersWithANumber(MQTTClient):
    async def send(self, event: MatrixEvent[Message]) -> Any:
        await super().send(event)
        return Sent((self.__dict__.setdefault("sent", 0),))


class NeverEnds(MQTTClient):
    async def run(self) -> None:
        try:
            await super().run()
        except asyncio.CancelledError:
            await asyncio.Event().wait()


class NeverEnters(MQTTClient):
    async def enter(self, chat: ChatID) -> None:
        """It does not listen, but says that it does."""


def knows_one_person(message: Publication) -> RemoteEvent[Message]:
    return replace(to_event(message), sender=RemoteUserID("somebody"))


def cuts_text(message: Publication) -> RemoteEvent[Message]:
    return to_event(message._replace(payload=message.payload[:100]))


def writes_text_alone(message: Publication) -> RemoteEvent[Any]:
    event: RemoteEvent[Any] = to_event(message)
    return replace(event, content=replace(event.content, text=plain(event.content.text)))


def speaks_latin_to_matrix(message: Publication) -> RemoteEvent[Message]:
    return _said(to_event(message), _latin)


def speaks_latin_to_devices(
    event: MatrixEvent[Message], me: RemoteUserID, switches: frozenset[str]
) -> tuple[str, str]:
    topic, text = to_publication(event, me, switches)
    return topic, _latin(text)


def _said(event: RemoteEvent[Message], change: Callable[[str], str]) -> RemoteEvent[Message]:
    return replace(event, content=Message(from_plain(change(plain(event.content.text)))))


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")


class CannotBeEntered(MQTTAdapter):
    async def connect(self, login: Login) -> AsyncIterator[MQTTClient]:  # type: ignore[override]
        async with super().connect(login) as client:
            yield client


class HidesRefusedLogins(MQTTAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[MQTTClient]:
        try:
            async with super().connect(login) as client:
                yield client
        except LoginError as error:
            raise ConnectionError(str(error)) from error


@asynccontextmanager
async def leaks_tasks(config: MQTTConfig) -> AsyncIterator[Session]:
    LEFT.append(asyncio.create_task(asyncio.sleep(3600)))
    async with connected(config) as session:
        yield session


@asynccontextmanager
async def leaks_sockets(config: MQTTConfig) -> AsyncIterator[Session]:
    LEFT.append(socket.socket())
    async with connected(config) as session:
        yield session
