"""The adapter of the network on a socket (see `wire.py`), as `bridgekit run` finds any other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from bridgekit import (
    Absence,
    Adapter,
    Chat,
    ChatID,
    ChatInfo,
    Client,
    Found,
    Limits,
    Login,
    Manifest,
    MatrixEvent,
    Message,
    MessageID,
    RemoteEvent,
    RemoteUserID,
    RetryLater,
    Sent,
    SupportsLimits,
    SupportsLookup,
    SupportsNames,
    SupportsOwnLogins,
    UserInfo,
    from_plain,
    plain,
)

Memory = Literal["idempotent", "lookup", "none"]
MOST = 100  # events that are stored in one commit


class WireConfig(BaseModel):
    """`memory` is how the network knows a send again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int
    memory: Memory = "idempotent"


class WireClient(Client, SupportsLimits):
    """A connection; what the network says is acknowledged once it is stored."""

    resumes = True

    def __init__(
        self,
        login: Login,
        adapter: WireAdapter,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.me = RemoteUserID("bot")
        self._login, self._host, self._config = login.id, adapter.host, adapter.config
        self._reader, self._writer = reader, writer
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[str | None]] = {}
        self._number, self._over = 0, False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            taking = group.create_task(self._receive())
            try:
                while line := await self._reader.readline():
                    said = json.loads(line)
                    if "event" in said:
                        self._events.put_nowait(said)
                    elif answer := self._answers.pop(said["answer"], None):
                        answer.set_result(said["id"])
            finally:
                self._over = True  # also while what is taken is still being stored
                taking.cancel()
                for answer in self._answers.values():
                    answer.set_exception(ConnectionError("the wire is cut"))
                self._answers.clear()

    async def _receive(self) -> None:
        while True:
            said = [await self._events.get()]
            while len(said) < MOST and not self._events.empty():
                said.append(self._events.get_nowait())
            await self._store([_event(one) for one in said])
            self._write({"acknowledge": [one["event"] for one in said]})

    async def _store(self, events: list[RemoteEvent[Any]]) -> None:
        while True:
            try:
                return await self._host.receive(self._login, *events)
            except RetryLater as error:
                await asyncio.sleep(error.after or 1.0)

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        text = plain(event.content.text)
        answer = self._ask({"txn": event.txn, "chat": event.chat.id, "text": text}, "send")
        return Sent((MessageID(str(await answer)),))

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        del since
        found = await self._ask({"txn": event.txn}, "find")
        return Found((MessageID(found),)) if found else Absence.ABSENT

    def limits(self, chat: Chat) -> Limits:
        del chat
        return Limits(idempotent=self._config.memory == "idempotent")

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat, name=chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(name=user)

    def _ask(self, words: dict[str, Any], what: str) -> asyncio.Future[str | None]:
        self._number += 1
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        self._write({what: self._number, **words})
        return answer

    def _write(self, what: dict[str, Any]) -> None:
        if self._over or self._writer.is_closing():
            raise ConnectionError("the wire is cut")
        self._writer.write(json.dumps(what).encode() + b"\n")


class AskedClient(WireClient, SupportsLookup):
    """Of a network that can be asked what became of a send."""


class WireAdapter(Adapter[WireConfig], SupportsNames, SupportsOwnLogins):
    """One login, the bridge's own, which speaks for everybody."""

    manifest: ClassVar[Manifest] = Manifest("wire", "Wire", WireConfig)

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[WireClient]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.config.port, limit=1 << 20)
        kind = AskedClient if self.config.memory == "lookup" else WireClient
        try:
            yield kind(login, self, reader, writer)
        finally:
            writer.close()

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"nick": "bot"}}

    def chat_named(self, name: str) -> Chat | None:
        return Chat(ChatID(name)) if name.startswith("#") else None

    def user_named(self, name: str) -> RemoteUserID | None:
        return None if name.startswith("#") else RemoteUserID(name)

    def private_chat(self, user: RemoteUserID) -> Chat:
        return Chat(ChatID(user), private=True)


def _event(said: Mapping[str, Any]) -> RemoteEvent[Message]:
    return RemoteEvent(
        Chat(ChatID(said["chat"])),
        RemoteUserID(said["sender"]),
        Message(from_plain(said["text"])),
        id=MessageID(said["id"]),
        at=datetime.fromtimestamp(said["at"], UTC),
    )
