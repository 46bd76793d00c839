"""A bare mautrix-python application service between IRC and Matrix: the least one can cost.

It has no features, no storage and no recovery; each room has a worker that awaits its sends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mautrix.appservice import AppService
from mautrix.appservice.state_store import ASStateStore
from mautrix.client.state_store import MemoryStateStore
from mautrix.types import Event, EventType, MessageEvent, RoomID, UserID

from benchmarks.ends.said import AS_TOKEN, DOMAIN, HS_TOKEN, NETWORK, channel, room


class StateStore(ASStateStore, MemoryStateStore):
    """`settled`: everybody is in every room already."""

    def __init__(self, *, settled: bool) -> None:
        ASStateStore.__init__(self)
        MemoryStateStore.__init__(self)
        self._settled = settled

    async def is_registered(self, user_id: UserID) -> bool:
        return self._settled or await super().is_registered(user_id)

    async def is_joined(self, room_id: RoomID, user_id: UserID) -> bool:
        return self._settled or await super().is_joined(room_id, user_id)


class Echo:
    """Its two directions."""

    def __init__(self, appservice: AppService, rooms: Sequence[str]) -> None:
        self._appservice = appservice
        self._where = {channel(number): RoomID(name) for number, name in enumerate(rooms)}
        self._channels = {name: where for where, name in self._where.items()}
        self._rooms: dict[str, asyncio.Queue[tuple[str, str]]] = {}

    async def run(self, port: int) -> None:
        reader, self._irc = await asyncio.open_connection("127.0.0.1", port)
        joins = "".join(f"JOIN {where}\r\n" for where in self._where)
        self._irc.write(f"NICK echo\r\nUSER u 0 * :u\r\n{joins}".encode())
        async with asyncio.TaskGroup() as workers:
            for where in self._where:
                self._rooms[where] = asyncio.Queue()
                workers.create_task(self._work(where))
            while line := await reader.readline():
                source, command, *rest = line.decode().rstrip().split(" ", 3)
                if command == "PRIVMSG":
                    self._rooms[rest[0]].put_nowait((source[1:].partition("!")[0], rest[1][1:]))

    async def _work(self, where: str) -> None:
        while True:
            who, text = await self._rooms[where].get()
            intent = self._appservice.intent.user(UserID(f"@{NETWORK}_{who}:{DOMAIN}"))
            await intent.send_text(self._where[where], text)

    async def pushed(self, event: Event) -> None:
        echo = event.sender.startswith(f"@{NETWORK}_")
        if not echo and isinstance(event, MessageEvent) and event.type == EventType.ROOM_MESSAGE:
            where = self._channels[event.room_id]
            self._irc.write(f"PRIVMSG {where} :<{event.sender}> {event.content.body}\r\n".encode())


async def main(setting: dict[str, Any]) -> None:
    appservice = AppService(
        id="echo",
        domain=DOMAIN,
        server=str(setting["homeserver"]),
        as_token=AS_TOKEN,
        hs_token=HS_TOKEN,
        bot_localpart="bridgebot",
        state_store=StateStore(settled=not setting["rooms"]),
    )
    echo = Echo(appservice, setting["rooms"] or [room(n) for n in range(setting["channels"])])
    appservice.matrix_event_handler(echo.pushed)
    await appservice.start("127.0.0.1", setting["listen_port"])
    await echo.run(setting["irc_port"])


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
