"""Sets a stage up, and clears it away: all that stands around a fake network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bridgekit.adapter import Adapter
from bridgekit.configuration.config import Network
from bridgekit.testing.contract.network import FakeNetwork
from bridgekit.testing.contract.overhearing import overheard
from bridgekit.testing.contract.stage import NETWORK, Stage
from bridgekit.testing.contract.timing import Time
from bridgekit.testing.crash import Allowed
from bridgekit.testing.rig import Rig


@asynccontextmanager
async def staged(
    folder: Path,
    time: Time,
    adapter: type[Adapter[Any]],
    network: FakeNetwork,
    allowed: Allowed | None = None,
    homes: Sequence[Path] = (),
) -> AsyncIterator[Stage]:
    """A stage on which no bridge runs yet; left, none does any more.

    What is raised there bears the story as its note. `homes` are where the author's code is.
    """
    clock = time.clock
    unlinked = Network(NETWORK, adapter, network.settings, ())
    rig = Rig(folder, clock, homeserver_clock=clock, networks=(), others=(unlinked,), public=True)
    async with rig:
        stage = Stage(rig, time, adapter, network, allowed or Allowed())
        await stage.open()
        with overheard(stage.story, *homes):
            try:
                yield stage
            except BaseException as error:
                stage.listen()
                error.add_note(str(stage.story))
                raise
            finally:
                await stage.kill()
