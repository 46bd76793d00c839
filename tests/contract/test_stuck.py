"""Whoever swallows a cancellation is told so, by name and line: the run does not hang."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.testing.contract import ending
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.loopback.keeping import Listening
from tests.contract.test_told import NAME, contract


class Unstoppable(Listening):
    async def run(self):
        while True:
            try:
                await super().run()
            except BaseException:  # noqa: BLE001 (the fault)
                continue


class Impatient(Unstoppable):
    """Nor does it ever wait, once it was cancelled: whoever only waited for it would for ever."""

    async def run(self):
        try:
            await super().run()
        finally:
            while True:  # noqa: ASYNC110 (the fault)
                await asyncio.sleep(0)


def test_nor_do_the_crashes_wait_for_it(request):
    with pytest.raises(Broken, match=r"What waits at .*, in run is cancelled and goes on"):
        contract(Unstoppable).test_a_crash_at_any_await_changes_no_end(request)


@pytest.mark.parametrize("sockets", [False, True])
@pytest.mark.parametrize("client", [Unstoppable, Impatient])
def test_what_cannot_be_cancelled_is_named_with_its_line(client, sockets, monkeypatch):
    if sockets or client is Impatient:  # seconds that are real
        monkeypatch.setattr(ending, "PATIENCE", 1.0)
    tested = contract(client)
    type(tested).sockets = sockets
    with pytest.raises(Broken) as broken:
        getattr(tested, NAME)()
    said = str(broken.value)
    where = Path(__file__).relative_to(Path.cwd())
    assert said.startswith(f"What waits at {where}:")
    assert ", in run is cancelled and goes on" in said
    assert "let `asyncio.CancelledError` out" in said
