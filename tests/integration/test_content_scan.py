"""A real clamd between a real Synapse and a chat: EICAR's test file crosses nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest
from nio import UploadResponse
from nio.crypto import encrypt_attachment

from bridgekit.cli.doctor.content_scan import EICAR, content_scan
from bridgekit.clock import SystemClock
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.scanning.scan import Scan, Seen
from bridgekit.scanning.verdict import Blocked, ScannerAway
from bridgekit.store.audit import AuditRows
from bridgekit.testing.rig import DOMAIN, Rig
from bridgekit.testing.servers import Clamd, clamd
from bridgekit.testing.servers.clamd_server import NAME, STREAM_MAX
from tests.integration.missing import or_skip
from tests.integration.nio_client import ENCRYPTED, NioPerson
from tests.integration.nio_rig import in_the_room
from tests.integration.synapse_rig import SynapseRig

INFECTED = b"\0" * 70_000 + EICAR + b"\0" * 70_000
HARMLESS = b"%PDF-1.4 harmless" + bytes(100_000)
FOUND = f"was blocked: the content scan found {NAME}"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    with or_skip(clamd(tmp_path_factory.mktemp("clamd"))) as running:
        yield running


# What clamd itself says.


async def test_clamd_finds_what_it_knows_by_either_socket_and_nothing_else(daemon: Clamd) -> None:
    for address in (daemon.unix, daemon.tcp):
        scan = Scan(ScanSettings(clamd=address, texts=True), SystemClock())
        with pytest.raises(Blocked, match=NAME):
            await scan.file(BytesIO(INFECTED))
        with pytest.raises(Blocked, match=NAME):
            await scan.text(f"read this: {EICAR.decode()}")
        await scan.file(BytesIO(HARMLESS))
        await scan.file(BytesIO(b""))
        assert scan.counts == {Seen.BLOCKED: 2, Seen.CLEAN: 2}


async def test_what_is_beyond_its_limit_is_told_from_a_clamd_that_is_gone(daemon: Clamd) -> None:
    for address in (daemon.unix, daemon.tcp):
        scan = Scan(ScanSettings(clamd=address), SystemClock())
        await scan.file(BytesIO(bytes(STREAM_MAX)))
        with pytest.raises(Blocked, match="larger than the content scan takes"):
            await scan.file(BytesIO(bytes(STREAM_MAX * 8)))
        assert await scan.works()


async def test_a_clamd_that_is_away_holds_and_one_that_is_back_looks(daemon: Clamd) -> None:
    scan = Scan(ScanSettings(clamd=daemon.unix), SystemClock())
    daemon.process.stop()
    try:
        with pytest.raises(ScannerAway):
            await scan.file(BytesIO(HARMLESS))
        assert await scan.trouble()
    finally:
        daemon.process.start()
    scan = Scan(ScanSettings(clamd=daemon.unix), SystemClock())
    assert not await scan.trouble()
    await scan.file(BytesIO(HARMLESS))


async def test_doctor_says_what_is_wrong_with_it(daemon: Clamd, tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.settings["media"] = MediaSettings(max_size="1 MB")
    assert await _found(rig, daemon.unix) == [""]
    rig.settings["media"] = MediaSettings(max_size="100 MB")
    assert await _found(rig, daemon.unix) == ["", "scanner-small"]
    assert await _found(rig, f"unix:{tmp_path}/nothing") == ["scanner-away"]
    rig.settings["scan"] = ScanSettings(command=("true",))
    assert [one.id async for one in content_scan(rig.config)] == ["scanner-blind"]


async def _found(rig: Rig, address: str) -> list[str]:
    rig.settings["scan"] = ScanSettings(clamd=address)
    return [one.id async for one in content_scan(rig.config)]


# Through the whole bridge.


@asynccontextmanager
async def bridged(
    folder: Path, daemon: Clamd, mode: str
) -> AsyncIterator[tuple[SynapseRig, NioPerson, str]]:
    settings = {
        "encryption": EncryptionSettings(mode=mode),
        "scan": ScanSettings(clamd=daemon.unix),
    }
    async with in_the_room(folder, settings) as (rig, alice, room):
        if mode == "allow":
            content = ENCRYPTED["content"]
            await rig.bridge.parts.intents.set_state(room, "m.room.encryption", content)
            await alice.until(lambda: alice.client.rooms[room].encrypted)
        yield rig, alice, room


async def uploaded(alice: NioPerson, data: bytes, *, secret: bool) -> dict[str, object]:
    """The content of an event that shows it."""
    stored, fields = encrypt_attachment(data) if secret else (data, {})
    kept, _ = await alice.client.upload(BytesIO(stored), filesize=len(stored))
    assert isinstance(kept, UploadResponse), kept
    uri = kept.content_uri
    where = {"file": {**fields, "url": uri}} if secret else {"url": uri}
    return {"msgtype": "m.file", "body": "notes.pdf", **where}


@pytest.mark.synapse
@pytest.mark.parametrize("mode", ["off", "allow"], ids=["plain", "encrypted"])
async def test_eicar_is_stopped_in_both_directions(
    tmp_path: Path, daemon: Clamd, mode: str
) -> None:
    secret = mode == "allow"
    async with bridged(tmp_path, daemon, mode) as (rig, alice, room):
        loop, bob = rig.network, rig.network.person("bob")
        await alice.send(room, await uploaded(alice, INFECTED, secret=secret))
        await alice.read_like(f"The file notes.pdf {FOUND}")
        await alice.send(room, await uploaded(alice, HARMLESS, secret=secret))
        await loop.wait(lambda: loop.files, within=30)
        assert [file.data for file in loop.files.values()] == [HARMLESS]
        bad = bob.file("cat.pdf", INFECTED, "application/pdf")
        good = bob.file("dog.pdf", HARMLESS, "application/pdf")
        await bob.attach("#room", bad, good, caption="two files", id="m1")
        await alice.read("dog.pdf")
        told = alice.event(f"The file cat.pdf {FOUND}")
        assert told.decrypted is secret
        assert "cat.pdf" not in alice.bodies()
        audit = await AuditRows(rig.bridge.parts.store.reader).latest(10)
        assert {line.user for line in audit} == {alice.user_id, f"@loop_bob:{DOMAIN}"}
        assert rig.bridge.parts.media.scan.counts[Seen.BLOCKED] == 2
        assert alice.unread == []
