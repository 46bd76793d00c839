"""A toy network over HTTP, as in `docs/adapters.md`: what an afternoon's adapter looks like."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession
from pydantic import BaseModel

from bridgekit import (
    Adapter,
    Chat,
    ChatID,
    ChatInfo,
    Client,
    Deletion,
    Host,
    Limits,
    Login,
    LoginError,
    Manifest,
    MatrixEvent,
    Message,
    MessageID,
    Rejected,
    RemoteEvent,
    RemoteUserID,
    RetryLater,
    Sent,
    SupportsDelete,
    SupportsOwnLogins,
    UserInfo,
    from_plain,
    plain,
)


class PagerConfig(BaseModel):
    url: str
    token: str


class PagerAdapter(Adapter[PagerConfig], SupportsOwnLogins):
    manifest = Manifest(
        name="pager",
        title="Pager",
        config=PagerConfig,
        limits=Limits(text=240, idempotent=True),
    )

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"token": self.config.token}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.get("/me") as response:
                check(response)
                me = await response.json()
            yield PagerClient(RemoteUserID(me["id"]), login, http, self.host)


class PagerClient(Client, SupportsDelete):
    def __init__(self, me: RemoteUserID, login: Login, http: ClientSession, host: Host) -> None:
        self.me, self._login, self._http, self._host = me, login, http, host

    async def run(self) -> None:
        while True:
            async with self._http.get("/pages/next") as response:
                check(response)
                page = await response.json()
            await self._host.receive(self._login.id, to_event(page))  # stored once this returns,
            async with self._http.post(f"/pages/{page['delivery']}/ack") as response:  # so only now
                check(response)

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        text = plain(event.content.text)
        said = f"{event.author.name}: {text}" if event.relayed else text
        page = {"to": event.chat.id, "text": said, "idempotency_key": event.txn}
        async with self._http.post("/pages", json=page) as response:
            check(response)
            return Sent((MessageID((await response.json())["id"]),))

    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        async with self._http.delete(f"/pages/{event.content.target}") as response:
            check(response)

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat, name=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(name=user)


def check(response: ClientResponse) -> None:
    match response.status:
        case 401:
            raise LoginError("Pager does not accept the token")
        case 429:
            raise RetryLater("Pager asks for a pause", after=float(response.headers["Retry-After"]))
        case status if 400 <= status < 500:
            raise Rejected(f"Pager answered {status}")
    response.raise_for_status()


def to_event(page: Mapping[str, Any]) -> RemoteEvent[Message | Deletion]:
    chat, sender = Chat(ChatID(page["to"])), RemoteUserID(page["from"])
    if page.get("deleted"):
        return RemoteEvent(chat, sender, Deletion(MessageID(page["id"])), key=page["delivery"])
    said = Message(from_plain(page["text"]))
    return RemoteEvent(chat, sender, said, MessageID(page["id"]), key=page["delivery"])
