"""A bridge on a real Synapse, and a person with matrix-nio in the room of its chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bridgekit.testing.rig import DOMAIN
from tests.integration.missing import or_skip
from tests.integration.nio_client import NioPerson, nio_person
from tests.integration.synapse_rig import SynapseRig, on_synapse

ALIAS = f"#loop_#room:{DOMAIN}"


@asynccontextmanager
async def in_the_room(
    folder: Path, settings: dict[str, Any], without: str = ""
) -> AsyncIterator[tuple[SynapseRig, NioPerson, str]]:
    """The bridge with these settings, alice, and the room. `without`: see `on_synapse`."""
    with or_skip(on_synapse(folder, None, without, settings=settings)) as rig:
        await rig.start()
        try:
            account = await asyncio.to_thread(rig.hs.accounts.get, "alice")
            async with nio_person(folder / "nio", rig.hs.url, account) as alice:
                room = str((await alice.client.join(ALIAS)).room_id)
                await alice.until(lambda: room in alice.client.rooms)
                yield rig, alice, room
        finally:
            await rig.stop()
