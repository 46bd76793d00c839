"""A homeserver that dies in the middle of a request: what is known of it then."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession

from bridgekit.matrix.api import AnswerLost, HomeserverAPI, HomeserverDown

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Dying:
    """Answers a GET, keeps the connection, and dies over whatever comes next."""

    async def start(self) -> str:
        self.requests: list[bytes] = []
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.requests.append(line)
            while (await reader.readline()).strip():
                pass
            if not line.startswith(b"GET"):
                break
            writer.write(ANSWER)
            await writer.drain()
        self.server.close()
        writer.close()


@pytest.mark.parametrize(("method", "finding"), [("PUT", AnswerLost), ("POST", AnswerLost)])
async def test_rule_14_a_request_that_the_homeserver_died_over_may_have_taken_effect(
    method, finding
):
    dying = Dying()
    url = await dying.start()
    async with ClientSession() as session:
        api = HomeserverAPI(url, "token", session)
        await api.call("GET", "client/versions")
        with pytest.raises(finding):
            await api.call(method, "client/v3/rooms/!r/send/m.room.message/1", {"body": "hi"})
    assert any(line.startswith(method.encode()) for line in dying.requests)


async def test_a_read_that_fails_had_no_effect():
    async with ClientSession() as session:
        api = HomeserverAPI("http://127.0.0.1:1", "token", session)
        with pytest.raises(HomeserverDown):
            await api.call("GET", "client/versions")
