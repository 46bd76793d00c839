"""Adapters that break one rule each of what is told: to the log, to people, of who is there."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

from bridgekit.adapter import Login
from bridgekit.errors import LoginError
from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID
from bridgekit.testing.loopback.equipped import EquippedAdapter, EquippedClient, EquippedConfig
from bridgekit.testing.loopback.keeping import Listening

log = logging.getLogger(__name__)


class TellsThePassword(EquippedAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[EquippedClient]:
        try:
            async with super().connect(login) as client:
                yield client
        except LoginError as error:
            word = cast(EquippedConfig, self.config).word.get_secret_value()
            raise LoginError(f"{error}, and {word} is no help") from error


class LogsTheCredentials(EquippedAdapter):
    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"nick": "bot", "key": "a long word"}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[EquippedClient]:
        log.warning("connecting with %s", login.credentials)
        async with super().connect(login) as client:
            yield client


class QuotesNonsense(Listening):
    async def understand(self, body: bytes) -> None:
        await self.host.set_aside(self.login.id, body, f"{body!r} is no event")


class CountsNobody(Listening):
    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return replace(await super().chat_info(chat), members=())
