"""The first words of encrypted direct chats, as Element says them: on a real Synapse, by clients of
matrix-js-sdk with its Rust crypto.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridgekit.testing.rig import DOMAIN
from tests.integration.js_client import PATIENCE, JSPerson, js_person
from tests.integration.test_matrix_js_sdk import Scene, encrypted

pytestmark = [pytest.mark.synapse]

BOB = f"@loop_bob:{DOMAIN}"


async def test_the_network_hears_them_if_the_ghost_has_a_device(tmp_path: Path) -> None:
    async with encrypted(tmp_path, ghost_devices="all") as scene:
        await scene.bob.say("#room", "hello all", id="b1")
        await scene.alice.reads("hello all")
        known = {"loop:bot"}
        for name in ("carol", "dora"):  # neither ever had anything to do with the bridge
            account = await asyncio.to_thread(scene.rig.hs.accounts.get, name)
            who = (scene.rig.hs.url, account.user_id, account.password)
            async with js_person(tmp_path, *who) as person:
                await both_hear(scene, person, name, known, down=name == "dora")
        await both_hear(scene, scene.alice, "alice", known, down=False)


async def both_hear(
    scene: Scene, person: JSPerson, name: str, known: set[str], *, down: bool
) -> None:
    """Whether a bridge was there or not, when they said it. `known` are the logins of others."""
    if down:
        await scene.rig.kill()
    room = await person.do("open_chat", invite=BOB, body=f"first of {name}")
    if down:
        await scene.rig.start()
    await heard(scene, f"first of {name}")
    await person.say(room, f"second of {name}")
    await heard(scene, f"second of {name}")
    about = [one for one in person.seen if "⏳" in str(one["content"].get("body"))]
    assert about == []
    (login,) = scene.loop.clients.keys() - known
    known.add(login)
    await scene.loop.say("bob", "bob", f"to {name}", id=f"to {name}", to=login)
    found = await person.reads(f"to {name}")
    assert (found["sender"], person.unread) == (BOB, [])


async def heard(scene: Scene, words: str) -> Any:
    await scene.loop.wait(lambda: words in scene.loop.texts(), within=PATIENCE)
    assert scene.loop.texts().count(words) == 1
