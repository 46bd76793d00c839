"""The floor: aiohttp alone between the network and the homeserver. It keeps and promises nothing.

With `durable` each input, a message or a transaction, is appended to a file and synced to the
disk before it counts as received: what that alone costs is known then.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from urllib.parse import quote

from aiohttp import ClientSession, TCPConnector, web

from benchmarks import traffic
from benchmarks.child import serve
from benchmarks.traffic import DOMAIN, Arrivals, Line

TOKEN = "bare"  # noqa: S105 (nobody checks it)


class Bare:
    """The same orders as the bridge under test takes."""

    def __init__(self) -> None:
        self.arrivals = Arrivals()
        self._lanes: dict[str, asyncio.Queue[Line]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._file = -1

    async def start(self, url: str, folder: str, *, durable: bool, chats: int) -> dict[str, object]:
        self._url = f"{url}/_matrix/client/v3"
        if durable:
            self._file = os.open(Path(folder) / "journal", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self._session = ClientSession(connector=TCPConnector(limit=64))
        app = web.Application(client_max_size=64 << 20)
        app.router.add_put("/_matrix/app/v1/transactions/{txn}", self._transaction)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        rooms = [f"!c{number}:{DOMAIN}" for number in range(chats)]
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return {"url": url, "token": TOKEN, "rooms": rooms}

    async def flood(self, first: int, count: int, chats: int, people: int, window: int) -> object:
        return await traffic.flood(self._say, traffic.lines(first, count, chats, people), window)

    async def paced(self, first: int, count: int, chats: int, people: int, rate: float) -> object:
        return await traffic.paced(self._say, traffic.lines(first, count, chats, people), rate)

    async def reset(self) -> None:
        self.arrivals.reset()

    async def _say(self, line: Line) -> None:
        self._keep(line.text.encode())
        lane = self._lanes.get(line.chat)
        if lane is None:
            lane = self._lanes[line.chat] = asyncio.Queue()
            self._workers.add(asyncio.create_task(self._work(line.chat, lane)))
        lane.put_nowait(line)

    async def _work(self, chat: str, lane: asyncio.Queue[Line]) -> None:
        room = quote(f"!{chat[1:]}:{DOMAIN}", safe="")
        while True:
            line = await lane.get()
            content = {"msgtype": "m.text", "body": line.text, "m.mentions": {}}
            async with self._session.put(
                f"{self._url}/rooms/{room}/send/m.room.message/t{line.number}",
                data=json.dumps(content),
                params={"user_id": f"@loop_{line.person}:{DOMAIN}"},
                headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
            ) as response:
                json.loads(await response.read())

    async def _transaction(self, request: web.Request) -> web.Response:
        body = await request.read()
        events = json.loads(body)["events"]
        self._keep(body)
        for event in events:
            self.arrivals.add(traffic.number_in(event["content"]["body"]), event["room_id"])
        return web.json_response({})

    def _keep(self, what: bytes) -> None:
        if self._file >= 0:
            os.write(self._file, what)
            os.fdatasync(self._file)


async def main() -> None:
    bare = Bare()
    await serve(
        {
            "start": bare.start,
            "flood": bare.flood,
            "paced": bare.paced,
            "reset": bare.reset,
            "arrived": bare.arrivals.wait,
        }
    )


if __name__ == "__main__":
    asyncio.run(main())
