"""A bridge's encryption on a database of its own, to be killed and begun anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridgekit.clock import SystemClock
from bridgekit.encryption.demanding import Demanding
from bridgekit.encryption.side import Encryption, Surroundings
from bridgekit.sealing import Sealing
from bridgekit.store.store import open_store
from tests.core.encryption.far_side import BOT, Died, FarSide


@pytest.fixture
def far() -> FarSide:
    return FarSide()


async def _as_it_is(_: Mapping[str, Any]) -> None:
    return None


@pytest.fixture
def begun(tmp_path: Path, far: FarSide):
    """Each call is a process: what was stored before is there, and nothing else."""
    return partial(process, tmp_path, far)


@asynccontextmanager
async def process(folder: Path, far: FarSide) -> AsyncIterator[Encryption]:
    async with open_store(f"sqlite:///{folder / 'bridge.db'}", SystemClock()) as store:
        _mortal(store.writer, far)
        around = Surroundings(
            is_ours=lambda user: user == BOT or user.startswith("@net_"),
            restored=lambda: 0,
            hidden=_as_it_is,
            intake=Taken,
            notice=_nothing,
            take_back=_nothing,
            bridged=_nothing,
            other=far.other,
            demanding=Demanding(_never, _never, _never, _nothing),
            announce=far.announce,
            least=far.least,
            ghost_calls=far.ghosts,  # type: ignore[arg-type]
            ghost_devices=far.ghosts.wanted if far.ghosts.used else None,
        )
        sealing = Sealing([b"a key of the test"])
        side = Encryption(far, store, sealing, SystemClock(), around, 3600.0)  # type: ignore[arg-type]
        await side.begin()
        side.mailbox.behind = False  # nothing was sent to it yet
        yield side


class Taken:
    async def again(self, storing: Awaitable[int | None], *_: str) -> None:
        await storing


def _never(_: object) -> bool:
    return False


async def _nothing(*_: object, **__: object) -> Any:
    return None


def _mortal(writer: Any, far: FarSide) -> None:
    """Its commits are moments to die at, before and after."""
    write: Callable[[Any], Awaitable[Any]] = writer.write

    async def write_or_die(operation: Any, then: Any = None) -> Any:
        far.step()
        result = await (write(operation) if then is None else writer.submit(operation, then))
        far.step()
        return result

    writer.write = write_or_die


async def lives(process: Awaitable[Any]) -> bool:
    """Whether it came to its end."""
    try:
        await process
    except Died:
        return False
    except BaseExceptionGroup as group:
        if group.subgroup(Died) is None:
            raise
        return False
    return True
