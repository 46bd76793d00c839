"""A network whose messages have no IDs: they can be said, and never be spoken of again."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession
from matrix_bridgekit_tinychat.client import check
from matrix_bridgekit_tinychat.config import TinychatConfig
from matrix_bridgekit_tinychat.convert import to_text

from bridgekit import (
    Adapter,
    Chat,
    ChatID,
    ChatInfo,
    Client,
    Host,
    Limits,
    Login,
    Manifest,
    MatrixEvent,
    Message,
    RemoteEvent,
    RemoteUserID,
    Sent,
    SupportsOwnLogins,
    UserInfo,
    from_plain,
)


class NamelessAdapter(Adapter[TinychatConfig], SupportsOwnLogins):
    manifest = Manifest(
        name="nameless", title="Nameless", config=TinychatConfig, limits=Limits(text=2000)
    )

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"token": self.config.token.get_secret_value()}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["NamelessClient"]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.get("/me") as response:
                check(response)
            yield NamelessClient(login, http, self.host)


class NamelessClient(Client):
    """No `SupportsEdit`, `SupportsDelete` or `SupportsReact`: there is nothing to point at."""

    me = RemoteUserID("bridge")
    resumes = True  # it tells again what was not seen

    def __init__(self, login: Login, http: ClientSession, host: Host) -> None:
        self._login, self._http, self._host = login, http, host

    async def run(self) -> None:
        while True:
            async with self._http.get("/news", params={"wait": "30"}) as response:
                check(response)
                waiting = await response.json()
            for news in waiting:
                await self._host.receive(self._login.id, *await self._understood(news))
                async with self._http.post(f"/news/{news['number']}/seen") as response:
                    check(response)

    async def _understood(self, news: Mapping[str, Any]) -> Sequence[RemoteEvent[Message]]:
        try:
            return [to_event(news)]
        except Exception as error:  # noqa: BLE001 (what nobody understands is kept, and is over)
            why = f"It is no event ({type(error).__name__})"
            await self._host.set_aside(self._login.id, json.dumps(news).encode(), why)
            return []

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        message = {"chat": event.chat.id, "text": to_text(event)}
        async with self._http.post("/messages", json=message) as response:
            check(response)
        return Sent()  # accepted; under no ID

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat, name=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(name=user)


def to_event(news: Mapping[str, Any]) -> RemoteEvent[Message]:
    """No `id`. The number of the delivery is the `key`: it is told again until it was seen."""
    chat, sender = Chat(ChatID(news["chat"])), RemoteUserID(news["from"])
    return RemoteEvent(chat, sender, Message(from_plain(news["text"])), key=str(news["number"]))
