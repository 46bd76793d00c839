"""A second phone that texts the same number of ours, and is texted from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridgekit import Content, MessageID
from bridgekit.testing.contract import Heard
from bridges.sms.fake.troubles import CAROL, OTHER_CHAT


class Phoned(Protocol):
    """What a fake gateway does for each phone."""

    async def says(self, peer: str, content: Content) -> MessageID | None: ...

    def heard_by(self, peer: str) -> Sequence[Heard]: ...


class AnotherPhone:
    """Carol's: implements `OtherChat`."""

    chat = OTHER_CHAT

    def __init__(self, gateway: Phoned) -> None:
        self._gateway = gateway

    async def say(self, who: str, content: Content) -> MessageID | None:
        del who  # the chat is with Carol alone
        return await self._gateway.says(CAROL, content)

    def heard(self) -> Sequence[Heard]:
        return self._gateway.heard_by(CAROL)
