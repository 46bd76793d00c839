"""Who asks for a key gets none, and hears so once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bridgekit.encryption.requests import MOST, TRIES
from bridgekit.encryption.signed import MEGOLM
from bridgekit.errors import RetryLater
from bridgekit.ids import UserID
from bridgekit.testing.encrypted.person import EncryptedPerson, encrypted_person
from bridgekit.testing.homeserver.connection import path_of
from tests.core.encryption.rigs import BOT, Scene, scene_of
from tests.core.until import until


async def ask(person: EncryptedPerson, room: str, session: str, **changes: Any) -> None:
    body = {"algorithm": MEGOLM, "room_id": room, "session_id": session}
    content = {
        "action": "request",
        "body": body,
        "request_id": f"about {session}",
        "requesting_device_id": person.keys.device,
        **changes,
    }
    path = path_of("sendToDevice", "m.room_key_request", f"{session} {changes}")
    await person.request("PUT", path, {"messages": {BOT: {"*": content}}})


async def answers(person: EncryptedPerson) -> list[str]:
    await person.take_mail()
    return [one["code"] for one in person.withheld]


async def answered(person: EncryptedPerson, count: int) -> list[str]:
    async def there() -> list[str]:
        codes = await answers(person)
        return codes if len(codes) >= count else []

    return list(await until(there))


async def session_of(scene: Scene) -> str:
    await scene.bob("hello")
    shown = await scene.shown("hello")
    return str(scene.raw(shown["event_id"])["content"]["session_id"])


async def test_whoever_asks_for_a_key_of_ours_is_told_why_they_get_none(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="default")
        session = await session_of(scene)
        mallory = await encrypted_person(scene.rig.hs, "mallory")
        await ask(mallory, scene.room, session)
        assert await answered(mallory, 1) == ["m.unauthorised"]
        content = mallory.withheld[0]
        assert (content["room_id"], content["session_id"]) == (scene.room, session)
        await ask(scene.alice, scene.room, session)
        assert await answered(scene.alice, 1) == ["m.unavailable"], "she was given it"
        assert session not in mallory.keys.sessions


async def test_no_answer_is_given_twice_nor_to_what_asks_for_nothing_of_ours(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="default")
        session = await session_of(scene)
        await ask(scene.alice, scene.room, "of somebody else")
        await ask(scene.alice, "!other:example.org", session)
        await ask(scene.alice, scene.room, session, action="request_cancellation")
        await ask(scene.alice, scene.room, session, request_id="first")
        await ask(scene.alice, scene.room, session, request_id="second")
        before = scene.side.mailbox.refused
        for wrong in ({"body": None}, {"body": {}}, {"requesting_device_id": 7}):
            await ask(scene.alice, scene.room, session, **wrong)
        await until(lambda: scene.side.mailbox.refused == before + 3)
        assert await answered(scene.alice, 1) == ["m.unavailable"]
        await scene.bob("still here")
        await scene.shown("still here")
        assert await answers(scene.alice) == ["m.unavailable"]


async def test_an_answer_waits_for_a_homeserver_that_is_away(tmp_path: Path, monkeypatch):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="default")
        session = await session_of(scene)
        send, tried = scene.side._requests._calls.send, []

        async def twice(kind: str, messages: Any, txn: str) -> None:
            tried.append(txn)
            if len(tried) < 3:
                raise RetryLater("The homeserver does not answer", after=0.05)
            await send(kind, messages, txn)

        monkeypatch.setattr(scene.side._requests._calls, "send", twice)
        await ask(scene.alice, scene.room, session)
        assert await answered(scene.alice, 1) == ["m.unavailable"]
        assert len(set(tried)) == 1, "the same answer each time"


async def test_who_could_not_be_answered_may_ask_again(begun, monkeypatch):
    async with begun() as side:
        requests, tried = side._requests, []

        async def away(_: object) -> None:
            tried.append(1)
            raise RetryLater("The homeserver does not answer", after=0.05)

        monkeypatch.setattr(requests, "_answer", away)
        body = {"algorithm": MEGOLM, "room_id": "!r", "session_id": "s"}
        content = {"action": "request", "body": body, "requesting_device_id": "A"}
        work = asyncio.ensure_future(requests.run())
        try:
            for asked in (1, 2):
                requests.ask(UserID("@a:b"), content)
                await until(lambda asked=asked: len(tried) == asked * TRIES)
                await until(lambda: not requests._answered.values())
        finally:
            work.cancel()


def test_a_flood_of_requests_waits_in_no_memory():
    from bridgekit.encryption.requests import Requests

    requests = Requests(None, None, None, None)  # type: ignore[arg-type]
    for number in range(MOST + 100):
        body = {"algorithm": MEGOLM, "room_id": "!r", "session_id": str(number)}
        content = {"action": "request", "body": body, "requesting_device_id": "A"}
        requests.ask("@a:b", content)  # type: ignore[arg-type]
    assert requests._queue.qsize() == MOST
