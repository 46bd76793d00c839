"""A network that takes guests: everybody on Matrix speaks there under a name of their own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import ClientSession
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.adapter import SILENCE
from matrix_bridgekit_tinychat.client import TinychatClient, check

from bridgekit import (
    Chat,
    Content,
    Login,
    Person,
    RemoteEvent,
    RemoteUserID,
    SupportsAutomaticLogin,
)

A_WEEK = 7 * 24 * 3600.0


class GuestAdapter(TinychatAdapter, SupportsAutomaticLogin):
    idle_after = A_WEEK

    def automatic_login(self, person: Person) -> Mapping[str, str] | None:
        return {"guest": person.name}

    @asynccontextmanager
    async def signed_in(self, login: Login) -> AsyncIterator[tuple[RemoteUserID, ClientSession]]:
        if "guest" not in login.credentials:  # the bot
            async with super().signed_in(login) as signed_in:
                yield signed_in
            return
        async with ClientSession(self.config.url, timeout=SILENCE) as http:
            async with http.post("/guests", json={"name": login.credentials["guest"]}) as response:
                check(response)
                guest = await response.json()
            http.headers["Authorization"] = f"Bearer {guest['token']}"
            yield RemoteUserID(guest["id"]), http

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["GuestClient"]:
        async with self.signed_in(login) as (me, http):
            yield GuestClient(me, login, http, self.host)


class GuestClient(TinychatClient):
    async def _understood(self, news: Mapping[str, Any]) -> Sequence[RemoteEvent[Content]]:
        events = await super()._understood(news)
        if not news.get("private"):
            return events
        # What is said to one guest alone is in a chat that is theirs alone, under the other's ID.
        return [replace(event, chat=Chat(event.chat.id, private=True)) for event in events]
