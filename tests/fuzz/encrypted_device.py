"""The bridge's device and one of alice's, which outlive all the cases of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from vodozemac import GroupSession

from bridgekit.encryption.side import Encryption
from bridgekit.ids import TransactionID
from bridgekit.store.sql import Rows
from tests.core.encryption.conftest import process
from tests.core.encryption.far_side import ALICE, ROOM, FarSide
from tests.fuzz.outside import TEXT

BASE64 = st.sampled_from(["", "A" * 43, "A" * 44, "A" * 214, "*", "AAAA=", "é"]) | TEXT


class Device:
    """`far` is the homeserver, and alice's device."""

    def __init__(self, folder: Path, runner: asyncio.Runner) -> None:
        self.folder, self.far, self.run = folder, FarSide(), runner.run
        self.stack = AsyncExitStack()
        self.side: Encryption
        self.count = 0

    async def begin(self) -> None:
        self.side = await self.stack.enter_async_context(process(self.folder, self.far))

    def says(self, kind: str, content: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Something that alice's device says to ours, whatever it is."""
        (device,) = self.far.made.values()
        if not self.far.keys.knows(self.side.device.curve25519):
            self.far.keys.begin(device, dict([self.far.one_time.popitem()]))
        said = self.far.keys.say(device, kind, content, **changes)
        return {"type": "m.room.encrypted", "sender": ALICE, "content": said}

    async def well(self) -> None:
        """A key that is one is taken, and read with; what we say, alice reads."""
        self.count += 1
        session = GroupSession()
        key = self.says("m.room_key", self.far.keys.room_key(ROOM, session), {})
        await self.side.mailbox.take({"to_device": {"events": [key]}})
        words = {"msgtype": "m.text", "body": f"still here {self.count}"}
        content = self.far.keys.encrypt(ROOM, session, "m.room.message", words)
        opened = await self.open(content, f"$well{self.count}")
        assert opened is not None
        assert opened["content"]["body"] == words["body"]
        self.side.peers.forget()
        txn = TransactionID(f"well {self.count}")
        _, said = await self.side.sealed(ROOM, "m.room.message", words, txn)
        assert self.far.alice_reads(said)[0]["content"] == words

    async def open(self, content: Any, name: str, **changes: Any) -> Mapping[str, Any] | None:
        """An event as the inbox hands it on, and what goes into its commit."""
        event = {"event_id": name, "room_id": ROOM, "sender": ALICE, "origin_server_ts": 1}
        opening = self.side.opener.begin()
        kind = {"type": "m.room.encrypted", "content": content}
        found = await opening.open({**event, **kind, **changes})
        await self.side._writer.write(Rows(*opening.changes()))
        opening.stored()
        return found


@contextmanager
def at_work() -> Iterator[Device]:
    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        device = Device(Path(folder), runner)
        runner.run(device.begin())
        yield device
        runner.run(device.stack.aclose())
