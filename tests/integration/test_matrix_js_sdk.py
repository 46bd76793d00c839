"""A person with matrix-js-sdk and its Rust crypto talks with a network through an encrypted room of
a real Synapse: what nio shows (`test_encryption.py`), by a client that shares no line with it.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.matrix.devices import FILTER
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import DOMAIN
from docs.draw_clients import BOT as BOT_ITSELF
from docs.draw_clients import GHOST, OWN
from tests.core.media.samples import picture
from tests.core.until import until
from tests.integration.js_client import PATIENCE, JSPerson, js_person
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import BOT, SynapseRig, on_synapse

pytestmark = [pytest.mark.synapse]

ALIAS = f"#loop_#room:{DOMAIN}"


@dataclass
class Scene:
    rig: SynapseRig
    folder: Path
    alice: JSPerson
    room: str

    @property
    def loop(self) -> Any:
        return self.rig.network

    @property
    def bob(self) -> Any:
        return self.loop.person("bob")

    async def told(self, text: str) -> str:
        """The ID of what the chat shows under this text, once it does; it does so once."""
        await self.loop.wait(lambda: text in self.loop.chat("#room").texts(), within=PATIENCE)
        assert self.loop.chat("#room").texts().count(text) == 1
        return str(self.loop.chat("#room").with_text(text).id)

    def device(self) -> Any:
        account = self.rig.hs.accounts.get("alice")
        return js_person(self.folder, self.rig.hs.url, account.user_id, account.password)


@asynccontextmanager
async def encrypted(folder: Path, **more: Any) -> AsyncIterator[Scene]:
    """A chat that alice is in; `more` are settings of encryption."""
    settings = {"encryption": EncryptionSettings(mode="allow", **more)}
    with or_skip(on_synapse(folder, None, settings=settings)) as rig:
        await rig.start()
        try:
            scene = Scene(rig, folder, None, "")  # type: ignore[arg-type] # she comes
            async with scene.device() as scene.alice:
                scene.room = await scene.alice.do("join", room=ALIAS)
                how = {"algorithm": "m.megolm.v1.aes-sha2"}
                await rig.bridge.parts.intents.set_state(scene.room, "m.room.encryption", how)
                assert await scene.alice.do("encrypted", room=scene.room)
                yield scene
        finally:
            await rig.stop()


async def test_a_person_of_matrix_js_sdk_and_one_of_the_network_talk(tmp_path: Path) -> None:
    async with encrypted(tmp_path) as scene:
        await text_goes_both_ways(scene)
        await what_is_about_a_message_goes_both_ways(scene)
        await pictures_go_both_ways(scene)
        await a_session_of_hers_is_rotated(scene)
        await a_key_comes_late(scene)
        assert scene.alice.unread == []
        await a_device_comes_later_and_is_deleted(scene)
        assert scene.alice.unread == []


async def test_a_client_that_excludes_insecure_devices_shows_nothing_of_ghosts(
    tmp_path: Path,
) -> None:
    """As docs/encryption.md says; what she says herself is bridged, and she reads the bot."""
    async with encrypted(tmp_path) as scene:
        account = scene.rig.hs.accounts.get("alice")
        await scene.alice.do("isolate", password=account.password)
        await scene.bob.say("#room", "of a ghost", id="b1")
        await scene.alice.until(lambda: scene.alice.unread)
        await scene.alice.say(scene.room, "hello from alice")
        await scene.told("hello from alice")
        await scene.alice.say(scene.room, "!bridge help")
        await scene.alice.finds(lambda one: one["sender"] == BOT and one["secret"])
        assert {one["code"] for one in scene.alice.unread} == {"UNKNOWN_ERROR"}
        assert not any(one["content"].get("body") == "of a ghost" for one in scene.alice.seen)


async def test_ghosts_with_devices_are_shown_without_a_warning_and_where_insecure_ones_are_not(
    tmp_path: Path,
) -> None:
    async with encrypted(tmp_path, ghost_devices="all") as scene:
        alice, shield = scene.alice, partial(scene.alice.do, "shield", room=scene.room)
        account = scene.rig.hs.accounts.get("alice")
        carol = scene.loop.person("carol")
        await carol.join("#room")
        await alice.say(scene.room, "hello from alice")
        await scene.told("hello from alice")
        for isolated in (False, True):
            for number, person in enumerate((scene.bob, carol, scene.bob)):
                said = f"{'isolated' if isolated else 'usual'} {number}"
                await person.say("#room", said, id=said)
                found = await alice.reads(said)
                await _shows_nothing(shield, found)
            if not isolated:
                await alice.do("isolate", password=account.password)
        # Who speaks for the first time, and never was there before.
        await scene.loop.person("dora").say("#room", "my first words", id="d1")
        found = await alice.reads("my first words")
        await _shows_nothing(shield, found)
        # Her client gives what she says to their devices as well, and the bridge hears her.
        for words in ("still here", "and here"):
            await alice.do("rotate", room=scene.room)
            await alice.say(scene.room, words)
            await scene.told(words)
        await alice.say(scene.room, "!bridge help")
        word = await alice.finds(lambda one: one["sender"] == BOT and one["secret"])
        assert await shield(event=word["id"]) == [BOT_ITSELF.colour, BOT_ITSELF.reason]
        assert alice.unread == []
        await _mail_is_emptied(scene)


async def _shows_nothing(shield: Callable[..., Awaitable[object]], event: dict[str, Any]) -> None:
    """Once her client has asked who vouches for a device that it has first heard of by its key."""

    async def so() -> bool:
        return await shield(event=event["id"]) == [OWN.colour, OWN.reason]

    await until(so)


async def _mail_is_emptied(scene: Scene) -> None:
    ghosts, ghost = scene.rig.bridge.parts.matrix.encryption._ghosts, f"@loop_bob:{DOMAIN}"
    row = await ghosts._rows.of(ghost)

    async def mail(number: int) -> int:
        # Synapse answers the same request with what it has answered before.
        asked = {"filter": FILTER, "device_id": row.device, "timeout": str(number)}
        answer = await ghosts._calls._as(ghost, "GET", "sync", None, **asked)
        return len(answer.get("to_device", {}).get("events", ()))

    assert await mail(1) > 0
    await ghosts.read(ghost)
    assert await mail(2) == 0


async def text_goes_both_ways(scene: Scene) -> None:
    await scene.alice.say(scene.room, "hello from alice")
    await scene.told("hello from alice")
    await scene.bob.say("#room", "hello from bob", id="b1")
    found = await scene.alice.reads("hello from bob")
    assert found["sender"] == f"@loop_bob:{DOMAIN}"
    # What docs/clients.svg shows: ghosts speak by a device of another's, the bot's; who vouches for
    # it, so that there is nothing beside what the bot says.
    shield = partial(scene.alice.do, "shield", room=scene.room)
    assert await shield(event=found["id"]) == [GHOST.colour, GHOST.reason]
    await scene.alice.say(scene.room, "!bridge help")
    word = await scene.alice.finds(lambda one: one["sender"] == BOT and one["secret"])
    assert await shield(event=word["id"]) == [BOT_ITSELF.colour, BOT_ITSELF.reason]


async def what_is_about_a_message_goes_both_ways(scene: Scene) -> None:
    """Edits, reactions and replies."""
    alice, room, chat = scene.alice, scene.room, scene.loop.chat("#room")
    said, theirs = await alice.say(room, "first words"), (await alice.reads("hello from bob"))["id"]
    mine = await scene.told("first words")
    new = {"msgtype": "m.text", "body": "second words"}
    change = {"rel_type": "m.replace", "event_id": said}
    await alice.say(room, "* second words", **{"m.new_content": new, "m.relates_to": change})
    await scene.told("second words")
    await alice.say(room, "an answer", **{"m.relates_to": {"m.in_reply_to": {"event_id": theirs}}})
    await scene.told("an answer")
    assert chat.with_text("an answer").content.reply_to == "b1"
    liked = {"m.relates_to": {"rel_type": "m.annotation", "event_id": theirs, "key": "👍"}}
    await alice.do("send", room=room, type="m.reaction", content=liked)
    await scene.loop.wait(lambda: chat.with_text("hello from bob").reactions, within=PATIENCE)
    await scene.bob.edit("#room", "b1", "changed by bob")
    edited = await alice.finds(
        lambda one: "m.new_content" in one["content"] and one["sender"][1] == "l"
    )
    assert edited["content"]["m.new_content"]["body"] == "changed by bob"
    assert edited["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": theirs}
    await scene.bob.reply("#room", mine, "bob answers")
    answer = (await alice.reads("bob answers"))["content"]["m.relates_to"]
    assert answer["m.in_reply_to"]["event_id"] == said
    await scene.bob.react("#room", mine, "🎉")
    await alice.finds(
        lambda one: (
            one["type"] == "m.reaction" and one["content"]["m.relates_to"]["event_id"] == said
        )
    )


async def pictures_go_both_ways(scene: Scene) -> None:
    """By the Rust crypto's own code for encrypted files."""
    colours = picture("PNG", (900, 500))
    file = scene.bob.file("sunset.png", colours, "image/png")
    await scene.bob.attach("#room", file, caption="look at this", id="b2")
    shown = (await scene.alice.reads("look at this"))["content"]
    opened = await scene.alice.do("open", file=shown["file"])
    assert b64decode(opened) == colours
    small = b64decode(await scene.alice.do("open", file=shown["info"]["thumbnail_file"]))
    assert len(small) == shown["info"]["thumbnail_info"]["size"]
    data = b64encode(colours).decode()
    await scene.alice.do("picture", room=scene.room, body="mine.png", data=data)
    kept = scene.loop.files
    await scene.loop.wait(
        lambda: any(one.data == colours for one in kept.values()), within=PATIENCE
    )


async def a_session_of_hers_is_rotated(scene: Scene) -> None:
    await scene.alice.do("rotate", room=scene.room)
    await scene.alice.say(scene.room, "with another key")
    await scene.told("with another key")


async def a_key_comes_late(scene: Scene) -> None:
    """It is said at once that it is missing, and all is well when it is there."""
    await scene.alice.do("rotate", room=scene.room)
    await scene.alice.do("hold")
    await scene.alice.say(scene.room, "too early")
    notice = "cannot read this message yet"
    await scene.alice.finds(lambda one: notice in str(one["content"].get("body")))
    assert "too early" not in scene.loop.texts()
    assert await scene.alice.do("release") > 0
    # With the time at which it was said in front, where others have overtaken it.
    texts = scene.loop.chat("#room").texts
    await scene.loop.wait(
        lambda: [text for text in texts() if text.endswith("too early")], within=PATIENCE
    )
    assert len([text for text in texts() if text.endswith("too early")]) == 1


async def a_device_comes_later_and_is_deleted(scene: Scene) -> None:
    """It reads from then on; once it is gone there is another key, and the first one reads on."""
    encryption, alice = scene.rig.bridge.parts.matrix.encryption, scene.alice
    async with scene.device() as second:
        await second.do("encrypted", room=scene.room)
        await _known_devices(encryption, at_least={second.device})
        await scene.bob.say("#room", "to both", id="b3")
        await alice.reads("to both")
        await second.reads("to both")
        assert not any(one["content"].get("body") == "bob answers" for one in second.seen)
        key = await encryption.mailbox._rows.room_key(scene.room)
        await second.do("logout")
        await _known_devices(encryption, without={second.device})
    await scene.bob.say("#room", "to one", id="b4")
    await alice.reads("to one")
    assert (await encryption.mailbox._rows.room_key(scene.room)).session != key.session


async def _known_devices(
    encryption: Any, at_least: frozenset[str] = frozenset(), without: frozenset[str] = frozenset()
) -> None:
    """Return once the bridge knows of her devices as it should."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found, _ = await encryption.mailbox._peers.of([f"@alice:{DOMAIN}"])
            devices = {peer.device for peer in found}
            if at_least <= devices and not without & devices:
                return
            await settle()
