"""Gammu SMSD itself, from Debian, with the phone that its own tests use: a folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bridgekit.testing.servers import Gammu, ServerMissing, gammu
from bridges.sms.provider import Inbound, Outgoing, Report, Surroundings
from bridges.sms.providers.gammu import Gammu as GammuGateway
from bridges.sms.segments import segments
from bridges.sms.settings import ProviderSettings
from bridges.sms.status import Rank
from tests.adapters.sms.test_smpp_link import Listener
from tests.integration.missing import skip

BOB = "+14155550101"
ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def smsd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gammu]:
    folder = tmp_path_factory.mktemp("gammu")
    program = f"PYTHONPATH={ROOT} {sys.executable} -m bridges.sms.gammu_received"
    try:
        with gammu(folder, f"{program} {folder}/spool/received") as running:
            yield running
    except ServerMissing as missing:
        skip(str(missing))


@asynccontextmanager
async def listening(smsd: Gammu) -> AsyncIterator[tuple[GammuGateway, Listener]]:
    nothing: Any = None
    account = ProviderSettings(api_url=smsd.spool.as_uri(), options={"interval": "0.05"})
    one, ear = GammuGateway(account, Surroundings(nothing, "", lambda: 1e9, nothing)), Listener()
    async with one.open(), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(one.run(ear))
        yield one, ear
        running.cancel()


async def test_what_phones_text_arrives_whole_and_in_every_alphabet(smsd: Gammu) -> None:
    async with listening(smsd) as (_, ear):
        for number, parts in enumerate((["hello ü 漢"], ["a long text, ", "in two parts"]), 1):
            smsd.text(number, BOB, parts)
            await ear.until(lambda number=number: len(ear.told) == number, 60)
        assert all(isinstance(one, Inbound) for one in ear.told)
        assert [(one.sender, one.text) for one in ear.told] == [
            (BOB, "hello ü 漢"),
            (BOB, "a long text, in two parts"),
        ]


async def test_what_we_text_is_sent_in_order_and_reported(smsd: Gammu) -> None:
    said = ["hello ü 漢", "😀" * 40, "x" * 200]
    async with listening(smsd) as (one, ear):
        for number, text in enumerate(said):
            message = Outgoing("+14155550100", (BOB,), text, segments(text), f"txn-{9 - number}")
            await one.send(message)

        def reports() -> list[Report]:  # what came before may be told again: it was just stored
            return [told for told in ear.told if isinstance(told, Report)]

        await ear.until(lambda: len(reports()) == len(said), 60)
        expected = [(f"txn-{9 - number}", Rank.SENT) for number in range(len(said))]
        assert [(told.id, told.rank) for told in reports()] == expected
    log = smsd.process.log.read_text("utf-8", "replace")
    assert f'sms to "{BOB}" with text "hello ü 漢"' in log
    assert "Found 2 sms" in log  # of the two that are longer than one
