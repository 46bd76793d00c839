"""The store fails just when a bridge starts: it is waited for, as it is later."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from bridgekit.errors import RetryLater
from bridgekit.testing.clock import settle
from tests.core.lanes.test_trouble import refuse_to_write


@pytest.fixture
async def down_at_the_start(bench, draft):
    """A start finds a store that reads but cannot be written, until this is called."""
    readonly = True

    def begin(connection) -> None:
        if not {"reads", "isolation_level"} & connection.get_execution_options().keys():
            refuse_to_write(connection, refuse=readonly)

    def mend() -> None:
        nonlocal readonly
        readonly = False

    bench.worker.steps["a"].append(RetryLater("busy", 1000))
    await bench.start()
    await bench.put(draft("a"))
    await bench.clock.wait_for_timer(1000)
    await bench.stop()  # in order, which the start has to note as over
    await bench.open()
    event.listen(bench.store.writer._engine.sync_engine, "begin", begin)
    bench.run()
    await bench.clock.wait_for_timer(1)
    return mend


async def test_a_store_that_fails_at_the_start_is_waited_for(bench, down_at_the_start) -> None:
    await bench.later(within=1)
    await bench.clock.wait_for_timer(1)
    assert not bench.task.done()
    down_at_the_start()
    while not bench.outcomes:
        await bench.later(within=1000)
        await settle()
    assert [one.result for one in bench.outcomes] == ["delivered"]


@pytest.mark.usefixtures("down_at_the_start")
async def test_a_start_that_waits_for_the_store_can_be_stopped(bench) -> None:
    await bench.queue.stop()
    while not bench.task.done():
        await bench.later(within=1)
        await settle()
    await bench.task
    assert bench.outcomes == []
