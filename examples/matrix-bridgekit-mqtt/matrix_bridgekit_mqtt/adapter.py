"""The adapter: `home/kitchen` is a chat, and what comes on `home/kitchen/lamp` says the lamp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import ClassVar

from bridgekit import (
    Adapter,
    ChatID,
    ChatInfo,
    Client,
    Host,
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
from matrix_bridgekit_mqtt.session import Session


class MQTTClient(Client, SupportsChats):
    """`last` is what was stored last: only that can come again, as one is under way at a time."""

    def __init__(
        self, config: MQTTConfig, login: Login, host: Host, session: Session, last: str | None
    ) -> None:
        self.me = RemoteUserID(config.name)
        self._config, self._login, self._host = config, login, host
        self._session, self._last = session, last

    async def run(self) -> None:
        while True:
            message = await self._session.next()
            topic, payload = message.topic, bytes(message.payload)
            digest = sha256(topic.encode() + b"\0" + payload).hexdigest()
            this = f"{message.mid} {digest}"
            if not (message.dup and this == self._last):
                event = to_event(topic, payload)
                await self._host.receive(self._login.id, event, cursor=this)
                self._last = this
            self._session.acknowledge(message)  # stored: only so now

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        await self._session.publish(*to_publication(event, self.me, self._config.switches))
        return Sent()

    async def enter(self, chat: ChatID) -> None:
        if not chat or {"+", "#"} & set(chat):
            raise Rejected(f"{chat!r} is not the name of a topic: it is empty or has a wildcard")
        await self._session.subscribe(f"{chat}/+")

    async def leave(self, chat: ChatID) -> None:
        self._session.unsubscribe(f"{chat}/+")

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat, name=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(name=user.rpartition("/")[2])


class MQTTAdapter(Adapter[MQTTConfig], SupportsOwnLogins):
    client: ClassVar[type[MQTTClient]] = MQTTClient
    manifest = Manifest(name="mqtt", title="MQTT", config=MQTTConfig)

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {self.config.name: {}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[MQTTClient]:
        last = await self.host.cursor(login.id)
        session = Session(self.config)
        try:
            await session.open()
            yield self.client(self.config, login, self.host, session, last)
        finally:
            await session.close()
