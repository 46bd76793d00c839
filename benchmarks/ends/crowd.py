"""People on a real homeserver: they talk, and the first of them sees what is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import ClientSession

from benchmarks.ends.arrivals import Arrivals
from benchmarks.ends.said import ON_MATRIX, person_of, text_of

PREFIX = "/_matrix/client/v3"
TIMELINE = {"limit": 1000, "types": ["m.room.message"]}
FILTER = json.dumps({"room": {"timeline": TIMELINE, "state": {"types": []}}})


class Crowd:
    """Whoever has the token `tokens[n]` is person n."""

    def __init__(self, url: str, tokens: Sequence[str], rooms: Sequence[str]) -> None:
        self._url, self._tokens, self._rooms = f"{url}{PREFIX}", tokens, rooms
        self._session = ClientSession()

    async def push(self, numbers: range, rooms: int, people: int) -> None:
        """All of them at once."""
        await asyncio.gather(*(self._say(number, rooms, people) for number in numbers))

    async def _say(self, number: int, rooms: int, people: int) -> None:
        where = quote(self._rooms[number % rooms], safe="")
        url = f"{self._url}/rooms/{where}/send/m.room.message/n{number}"
        content = {"msgtype": "m.text", "body": text_of(number, ON_MATRIX)}
        headers = _headers(self._tokens[number % people])
        async with self._session.put(url, json=content, headers=headers) as response:
            response.raise_for_status()
            await response.read()

    async def watch(self, bridged: Arrivals, own: Arrivals) -> None:
        """What there is in the rooms from now on, as a client learns of it; `own`: of people."""
        places = {name: number for number, name in enumerate(self._rooms)}
        query = {"filter": FILTER, "timeout": "0"}
        while True:
            headers = _headers(self._tokens[0])
            url = f"{self._url}/sync"
            async with self._session.get(url, params=query, headers=headers) as response:
                response.raise_for_status()
                answer = await response.json()
            known = "since" in query
            query |= {"since": answer["next_batch"], "timeout": "30000"}
            for room, changes in answer.get("rooms", {}).get("join", {}).items() if known else ():
                for event in changes["timeline"]["events"]:
                    sender, text = event["sender"], event["content"].get("body", "")
                    of = own if sender.startswith("@m") else bridged
                    for line in text.split("\n"):  # several, where they are merged
                        of.take(line, places.get(room), person_of(sender.encode()))


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
