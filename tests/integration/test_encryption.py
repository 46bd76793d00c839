"""Encrypted rooms of a real Synapse, with a real client: text both ways, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from nio import DownloadResponse, UploadResponse
from nio.crypto import decrypt_attachment, encrypt_attachment

from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.testing.rig import DOMAIN
from tests.core.media.samples import picture
from tests.core.until import until
from tests.integration.missing import or_skip
from tests.integration.nio_client import ENCRYPTED, NioPerson, nio_person
from tests.integration.synapse_rig import SynapseRig, on_synapse

pytestmark = [pytest.mark.synapse]

ALIAS = f"#loop_#room:{DOMAIN}"


@dataclass
class Scene:
    rig: SynapseRig
    folder: Path
    alice: NioPerson
    room: str

    @asynccontextmanager
    async def device(self, name: str) -> AsyncIterator[NioPerson]:
        account = await asyncio.to_thread(self.rig.hs.accounts.get, name)
        async with nio_person(self.folder / "nio", self.rig.hs.url, account) as person:
            yield person

    async def told(self, *texts: str) -> None:
        """What the chat shows, exactly once each, in this order."""
        await self.rig.network.wait(lambda: texts[-1] in self.rig.network.texts(), within=90)
        shown = [text for text in self.rig.network.texts() if text in texts]
        assert shown == list(texts)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    with or_skip(encrypting(tmp_path)) as rig:
        await rig.start()
        try:
            account = await asyncio.to_thread(rig.hs.accounts.get, "alice")
            async with nio_person(tmp_path / "nio", rig.hs.url, account) as alice:
                room = await encrypted_room(rig, alice)
                yield Scene(rig, tmp_path, alice, room)
        finally:
            await rig.stop()


def encrypting(folder: Path):
    return on_synapse(folder, None, settings={"encryption": EncryptionSettings(mode="allow")})


async def encrypted_room(rig: SynapseRig, alice: NioPerson) -> str:
    """The room of the chat, which alice has encrypted."""
    answer = await alice.client.join(ALIAS)
    room = str(answer.room_id)
    await alice.until(lambda: room in alice.client.rooms)
    bridge = rig.bridge
    assert bridge.parts is not None
    intents = bridge.parts.intents
    await intents.set_state(room, "m.room.encryption", ENCRYPTED["content"])
    await alice.until(lambda: alice.client.rooms[room].encrypted)
    return room


async def test_text_goes_both_ways(scene: Scene) -> None:
    await scene.alice.say(scene.room, "hello from alice")
    await scene.told("hello from alice")
    bob = scene.rig.network.person("bob")
    await bob.say("#room", "hello from bob", id="m1")
    event = await scene.alice.read("hello from bob")
    assert event.decrypted
    assert event.sender == f"@loop_bob:{DOMAIN}"
    assert scene.alice.unread == []


async def test_kill_9_in_mid_flow_loses_and_doubles_nothing_and_uses_no_key_twice(
    scene: Scene,
) -> None:
    alice, room, rig = scene.alice, scene.room, scene.rig
    rig.network.idempotent = True  # else what a kill leaves in doubt may be lost there, and says so
    bob = rig.network.person("bob")
    ours, theirs = [f"alice {n}" for n in range(12)], [f"bob {n}" for n in range(12)]
    for number in range(12):
        await alice.say(room, ours[number])
        await bob.say("#room", theirs[number], id=f"m{number}")
        if number in (3, 7):
            await rig.kill()
            await rig.start()
    await scene.told(*ours)
    await alice.read(theirs[-1])
    assert [one for one in alice.bodies() if one in theirs] == theirs
    assert alice.unread == []
    places = await _places(scene)
    assert len(places) == len(set(places)) == 12


async def _places(scene: Scene) -> list[str]:
    """Which place of which key each event of ours was encrypted with."""
    from vodozemac import MegolmMessage

    client = scene.alice.client
    query = {"dir": "b", "limit": "200", "access_token": client.access_token}
    path = f"{client.homeserver}/_matrix/client/v3/rooms/{scene.room}/messages"
    async with client.client_session.get(path, params=query) as response:
        chunk = json.loads(await response.read())["chunk"]
    contents = [
        event["content"]
        for event in chunk
        if event["type"] == "m.room.encrypted" and event["sender"] != scene.alice.user_id
    ]
    return [
        f"{one['session_id']} {MegolmMessage.from_base64(one['ciphertext']).message_index()}"
        for one in contents
    ]


async def test_a_device_that_comes_later_reads_what_is_said_from_then_on(scene: Scene) -> None:
    bob = scene.rig.network.person("bob")
    await bob.say("#room", "before", id="m1")
    await scene.alice.read("before")
    async with scene.device("alice") as second:
        await second.until(lambda: scene.room in second.client.rooms)
        device = second.client.device_id
        peers = scene.rig.bridge.parts.matrix.encryption.mailbox._peers

        async def knows() -> bool:
            found, _ = await peers.of([scene.alice.user_id])
            return any(peer.device == device for peer in found)

        async with asyncio.timeout(90):
            while not await knows():
                await second.synced(wait=500)
        await bob.say("#room", "after", id="m2")
        await scene.alice.read("after")
        assert (await second.read("after")).decrypted
        assert "before" not in second.bodies()


async def test_whoever_has_left_is_given_no_key_any_more(scene: Scene) -> None:
    bob = scene.rig.network.person("bob")
    async with scene.device("carol") as carol:
        await carol.joined((await carol.client.join(ALIAS)).room_id)
        await bob.say("#room", "to both", id="m1")
        await scene.alice.read("to both")
        await carol.read("to both")
        key = await _key(scene)
        await carol.client.room_leave(scene.room)
        await scene.alice.until(lambda: carol.user_id not in _users(scene))
        await scene.alice.say(scene.room, "she is gone")
        await scene.told("she is gone")  # so the bridge was told before it that she left
        await bob.say("#room", "to alice", id="m2")
        await scene.alice.read("to alice")
        assert await _key(scene) != key


def _users(scene: Scene) -> set[str]:
    return set(scene.alice.client.rooms[scene.room].users)


async def _key(scene: Scene) -> str:
    rows = scene.rig.bridge.parts.matrix.encryption.mailbox._rows
    found = await rows.room_key(scene.room)
    return str(found.session)


async def test_a_key_that_comes_late_brings_the_message_and_ends_the_notice(scene: Scene) -> None:
    alice, room = scene.alice, scene.room
    await alice.say(room, "on time")
    await scene.told("on time")
    device = scene.rig.bridge.parts.matrix.encryption.device
    session = alice.client.olm.outbound_group_sessions[room]
    # As if the key was lost on its way: the client believes that it was given to everybody.
    alice.client.invalidate_outbound_session(room)
    alice.client.olm.create_outbound_group_session(room)
    fresh = alice.client.olm.outbound_group_sessions[room]
    assert fresh.id != session.id
    fresh.shared = True
    members = alice.client.room_devices(room)
    fresh.users_shared_with.update(
        (user, name) for user, devices in members.items() for name in devices
    )
    key = fresh.session_key  # from its first place on
    await alice.say(room, "too early")
    await alice.until(lambda: any("cannot read this message yet" in x for x in alice.bodies()))
    ours = alice.client.device_store[device.user][device.row.device]
    await _share(alice, room, ours, fresh.id, key)
    await until(lambda: any(one.endswith("too early") for one in scene.rig.network.texts()))
    await until(partial(_no_notice, scene))


async def _no_notice(scene: Scene) -> bool:
    """Whether nothing of it is left in the room."""
    parts = scene.rig.bridge.parts
    events = await parts.intents.recent(scene.room, 100, None, [parts.intents.bot])
    opened = parts.matrix.encryption.opened
    read = [await opened(event) for event in events if event["content"]]
    return not any("cannot read this message yet" in str(one["content"]) for one in read)


async def _share(alice: NioPerson, room: str, device, name: str, key: str) -> None:
    """The key, as a client gives it to one device."""
    from nio import ToDeviceMessage

    olm = alice.client.olm
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": room,
        "session_id": name,
        "session_key": key,
        "chain_index": 0,
    }
    conversation = olm.session_store.get(device.curve25519)
    message = olm._olm_encrypt(conversation, device, "m.room_key", content)
    await alice.client.to_device(
        ToDeviceMessage("m.room.encrypted", device.user_id, device.device_id, message)
    )


async def test_a_restored_copy_takes_a_new_device_and_uses_no_key_twice(scene: Scene) -> None:
    rig, alice = scene.rig, scene.alice
    bob = rig.network.person("bob")
    await bob.say("#room", "one", id="m1")
    await alice.read("one")
    device = rig.bridge.parts.matrix.encryption.device.row.device
    await rig.stop()
    file = Path(rig.database.removeprefix("sqlite:///"))
    shutil.copy(file, scene.folder / "copy.db")
    await rig.start()
    await bob.say("#room", "two", id="m2")
    await alice.read("two")
    await rig.stop()
    for left in file.parent.glob(file.name + "-*"):
        left.unlink()
    shutil.copy(scene.folder / "copy.db", file)
    await rig.start()
    assert rig.bridge.parts.matrix.encryption.device.row.device != device
    await bob.say("#room", "three", id="m3")
    await alice.read("three")
    places = await _places(scene)
    assert len(places) == len(set(places))
    await alice.say(scene.room, "still here")
    await scene.told("still here")


async def test_pictures_go_both_ways(scene: Scene) -> None:
    """By a client's own code for encrypted files, in its own room, with a public key of nobody."""
    alice, room, loop = scene.alice, scene.room, scene.rig.network
    colours = picture("PNG", (900, 500))
    bob = loop.person("bob")
    await bob.attach("#room", bob.file("sunset.png", colours, "image/png"), caption="look at this")
    shown = (await alice.read("look at this")).source["content"]
    assert "url" not in shown
    for file, whole in ((shown["file"], colours), (shown["info"]["thumbnail_file"], None)):
        secret = await alice.client.download(file["url"])
        assert isinstance(secret, DownloadResponse), secret
        assert secret.content_type == "application/octet-stream"
        key, checksum = file["key"]["k"], file["hashes"]["sha256"]
        plain = decrypt_attachment(secret.body, key, checksum, file["iv"])
        assert plain == whole if whole else len(plain) == shown["info"]["thumbnail_info"]["size"]
    secret, fields = encrypt_attachment(colours)
    kept, _ = await alice.client.upload(BytesIO(secret), filesize=len(secret))
    assert isinstance(kept, UploadResponse), kept
    file = {**fields, "url": kept.content_uri}
    await alice.send(room, {"msgtype": "m.image", "body": "mine.png", "file": file})
    await loop.wait(lambda: any(one.data == colours for one in loop.files.values()), within=90)
    assert alice.unread == []
