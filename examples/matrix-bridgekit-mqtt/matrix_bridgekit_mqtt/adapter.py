"""The adapter: `home/kitchen` is a chat, and what comes on `home/kitchen/lamp` says the lamp."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256

from bridgekit import (
    Adapter,
    ChatID,
    ChatInfo,
    Client,
    Login,
    Manifest,
    MatrixEvent,
    Message,
    Rejected,
    RemoteUserID,
    Sent,
    SupportsChats,
    SupportsOwnLogins,
    UserInfo,
)
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.convert import to_event, to_publication
from matrix_bridgekit_mqtt.mqtt.packets import Publication
from matrix_bridgekit_mqtt.mqtt.session import Session, connected


class MQTTClient(Client, SupportsChats):
    """`last` is what was stored last: only that can come again, as one is under way at a time."""

    def __init__(
        self, adapter: MQTTAdapter, login: Login, session: Session, last: str | None
    ) -> None:
        self.me, self.resumes = RemoteUserID(adapter.config.name), session.resumed
        self._switches, self._host = adapter.config.switches, adapter.host
        self._login, self._session, self._last = login.id, session, last
        self._entered: set[ChatID] = set()

    async def run(self) -> None:
        try:
            while True:
                message = await self._session.next()
                await self._take(message)
                self._session.acknowledge(message)  # stored: only so now
        finally:
            self._session.close()  # who waits for an answer is told so

    async def _take(self, message: Publication) -> None:
        digest = sha256(message.topic + b"\0" + message.payload).hexdigest()
        this = f"{message.number.hex()} {digest}" if message.number else None
        if message.again and this == self._last:
            return
        try:
            event = to_event(message)
        except ValueError as error:
            await self._host.set_aside(self._login, message.topic, str(error))
            return
        await self._host.receive(self._login, event, cursor=this)
        self._last = this or self._last
        if event.chat not in self._host.chats(self._login) and event.chat.id not in self._entered:
            await self.leave(event.chat.id)  # its link was removed while we were away

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        await self._session.publish(*to_publication(event, self.me, self._switches))
        return Sent()

    async def enter(self, chat: ChatID) -> None:
        if not re.fullmatch(r"(?!\$share/)[^+#\0]{1,10000}", chat):
            raise Rejected(f"{chat!r} is no topic: it is empty, shared, or has a wildcard")
        self._entered.add(chat)
        await self._session.subscribe(f"{chat}/+")

    async def leave(self, chat: ChatID) -> None:
        self._entered.discard(chat)
        self._session.unsubscribe(f"{chat}/+")

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat, name=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(name=user.rpartition("/")[2] or user)


class MQTTAdapter(Adapter[MQTTConfig], SupportsOwnLogins):
    manifest = Manifest(name="mqtt", title="MQTT", config=MQTTConfig, api=1)

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {self.config.name: {}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[MQTTClient]:
        last = await self.host.cursor(login.id)
        async with connected(self.config) as session:
            yield MQTTClient(self, login, session, last)
