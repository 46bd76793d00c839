"""Somebody who has shown who they are on Telegram: a login that speaks for nobody."""

import asyncio

from bridgekit import (
    ChatID,
    ChatInfo,
    Client,
    Login,
    MatrixEvent,
    Message,
    Rejected,
    RemoteUserID,
    Sent,
    UserInfo,
)


class LinkedClient(Client):
    """The bot sees for them and says what they say (`SupportsLogin.speaks`)."""

    resumes = True

    def __init__(self, login: Login) -> None:
        self.me = RemoteUserID(login.credentials["user"])
        self._name = login.credentials.get("name")

    async def run(self) -> None:
        """There is no connection that could be lost."""
        await asyncio.Event().wait()

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        del event
        raise Rejected("The bot says what you say on Telegram.")

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(id=user, name=self._name if user == self.me else None)
