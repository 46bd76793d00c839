"""A network that wants a UUID with each message, and can be asked what became of one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.config import TinychatConfig
from matrix_bridgekit_tinychat.convert import to_text

from bridgekit import (
    Absence,
    Found,
    Limits,
    Login,
    Manifest,
    MatrixEvent,
    Message,
    MessageID,
    Sent,
    SupportsLookup,
)

NOT_FOUND = 404


class AskableAdapter(TinychatAdapter):
    manifest = Manifest(
        name="askable",
        title="Askable",
        config=TinychatConfig,
        limits=Limits(text=2000),  # not idempotent: sent twice, it would be shown twice
    )

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["AskableClient"]:
        async with self.signed_in(login) as (me, http):
            yield AskableClient(me, login, http, self.host)


class AskableClient(TinychatClient, SupportsLookup):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        key = str(uuid_of(event.txn))
        message = {"chat": event.chat.id, "text": to_text(event), "key": key}
        async with self._http.post("/messages", json=message) as response:
            check(response)
            return Sent((MessageID((await response.json())["id"]),))

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        del since  # for networks that can only be asked what was said when
        async with self._http.get(f"/keys/{uuid_of(event.txn)}") as response:
            if response.status == NOT_FOUND:
                return Absence.ABSENT  # it keeps its keys for ever, so it is sure
            check(response)
            return Found((MessageID((await response.json())["id"]),))


def uuid_of(txn: str) -> UUID:
    """The same for the same `txn`, also after a restart; never a random one."""
    return uuid5(NAMESPACE_URL, f"matrix-bridgekit:{txn}")
