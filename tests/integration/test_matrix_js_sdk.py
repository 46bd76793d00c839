"""A person with matrix-js-sdk and its Rust crypto talks with a network through an encrypted room of
a real Synapse: what nio shows (`test_encryption.py`), by a client that shares no line with it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import ServerMissing
from tests.core.media.samples import picture
from tests.integration.missing import or_skip, skip
from tests.integration.synapse_rig import SynapseRig, on_synapse
from tests.on_node import modules_of

pytestmark = [pytest.mark.synapse]

JSON = dict[str, Any]
ALIAS = f"#loop_#room:{DOMAIN}"
PATIENCE = 40.0
PROGRAM = Path(__file__).with_name("js_person.mjs")
LONGEST = 8 << 20  # bytes of a line: a picture in base64


@dataclass
class JSPerson:
    """`seen` is what this client could read, `unread` what it could not."""

    process: asyncio.subprocess.Process
    device: str = ""
    seen: list[JSON] = field(default_factory=list)
    unread: list[JSON] = field(default_factory=list)
    _answers: dict[int, JSON] = field(default_factory=dict)
    _ids: Any = field(default_factory=itertools.count)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Take what it says, until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            async with self._changed:
                if "id" in said:
                    self._answers[said["id"]] = said
                elif "seen" in said:
                    self.seen.append(said["seen"])
                elif "unread" in said:
                    self.unread.append(said["unread"])
                self._changed.notify_all()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def do(self, verb: str, **given: object) -> Any:
        assert self.process.stdin is not None
        id_ = next(self._ids)
        self.process.stdin.write(json.dumps({"id": id_, "do": verb, **given}).encode() + b"\n")
        await self.until(lambda: id_ in self._answers)
        answer = self._answers.pop(id_)
        assert "failed" not in answer, f"{verb}: {answer['failed']}"
        return answer["answer"]

    async def say(self, room: str, body: str, **more: object) -> str:
        content = {"msgtype": "m.text", "body": body, **more}
        return str(await self.do("send", room=room, type="m.room.message", content=content))

    async def finds(self, so: Callable[[JSON], object]) -> JSON:
        """The first event that it could read and that is so."""
        await self.until(lambda: any(so(one) for one in self.seen))
        return next(one for one in self.seen if so(one))

    async def reads(self, body: str) -> JSON:
        """The event with this text, which came encrypted."""
        found = await self.finds(lambda one: one["content"].get("body") == body)
        assert found["secret"], found
        return found


@asynccontextmanager
async def js_person(folder: Path, url: str, user: str, password: str) -> AsyncIterator[JSPerson]:
    """A new device of this account, at work until the block ends."""
    try:
        node, modules = modules_of("matrix-js-sdk")
    except ServerMissing as missing:
        skip(str(missing))
    with (folder / "js_person.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(node, str(PROGRAM), str(modules)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=LONGEST,
        )
        person = JSPerson(process)
        task = asyncio.create_task(person.run())
        try:
            person.device = await person.do("start", url=url, user=user, password=password)
            yield person
        finally:
            process.kill()
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
            await task


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
async def encrypted(folder: Path) -> AsyncIterator[Scene]:
    settings = {"encryption": EncryptionSettings(mode="allow")}
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


async def text_goes_both_ways(scene: Scene) -> None:
    await scene.alice.say(scene.room, "hello from alice")
    await scene.told("hello from alice")
    await scene.bob.say("#room", "hello from bob", id="b1")
    found = await scene.alice.reads("hello from bob")
    assert found["sender"] == f"@loop_bob:{DOMAIN}"
    # What Element shows beside what ghosts say: a device of another's, the bot's.
    assert await scene.alice.do("shield", room=scene.room, event=found["id"]) == "MISMATCHED_SENDER"


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
