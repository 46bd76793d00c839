"""One connection to Tinychat: hears what is said there, says what Matrix says."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import ClientResponse, ClientSession
from bridgekit import (
    ChatID,
    ChatInfo,
    Client,
    Content,
    Deletion,
    Host,
    Login,
    LoginError,
    MatrixEvent,
    Message,
    MessageID,
    Rejected,
    RemoteEvent,
    RemoteUserID,
    RetryLater,
    Sent,
    SupportsDelete,
    UserInfo,
)

from matrix_bridgekit_tinychat.convert import to_event, to_text


class TinychatClient(Client, SupportsDelete):
    # What was not seen Tinychat tells again, also what is said while we are away.
    resumes = True

    def __init__(self, me: RemoteUserID, login: Login, http: ClientSession, host: Host) -> None:
        self.me, self._login, self._http, self._host = me, login, http, host

    async def run(self) -> None:
        while True:
            async with self._http.get("/news", params={"wait": "30"}) as response:  # seconds
                check(response)
                waiting = await response.json()
            for news in waiting:
                # Only what is stored may be acknowledged, and it is once `receive` returns.
                await self._host.receive(self._login.id, *await self._understood(news))
                async with self._http.post(f"/news/{news['number']}/seen") as response:
                    check(response)

    async def _understood(self, news: Mapping[str, Any]) -> Sequence[RemoteEvent[Content]]:
        """What it says. What nobody understands is set aside, or it would come again for ever."""
        try:
            return [to_event(news)]
        except Exception as error:
            why = f"Tinychat said what is no event ({type(error).__name__})"
            await self._host.set_aside(self._login.id, json.dumps(news).encode(), why)
            return []

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        # Tinychat knows a repeated `key`: hence `Limits.idempotent`.
        message = {"chat": event.chat.id, "text": to_text(event), "key": event.txn}
        async with self._http.post("/messages", json=message) as response:
            check(response)
            return Sent((MessageID((await response.json())["id"]),))

    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        async with self._http.delete(f"/messages/{event.content.target}") as response:
            check(response)

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat, name=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(name=user)


def check(response: ClientResponse) -> None:
    """Say what a refusal means; anything else that fails is tried again, or told as in doubt."""
    match response.status:
        case 401:
            raise LoginError("Tinychat does not accept the token")
        case 429:
            pause = response.headers.get("Retry-After", "")  # seconds, or a date
            after = float(pause) if pause.isdecimal() else None
            raise RetryLater("Tinychat asks for a pause", after)
        case status if 400 <= status < 500:
            raise Rejected(f"Tinychat refused it, with status {status}")
    response.raise_for_status()
