"""Gammu SMSD by its folders: texts as files, both ways."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridgekit import ConfigError, LoginError
from bridges.sms.gammu_received import keep, record
from bridges.sms.provider import Outgoing, Surroundings
from bridges.sms.providers.gammu import Gammu
from bridges.sms.segments import segments
from bridges.sms.settings import ProviderSettings
from bridges.sms.status import Rank
from tests.adapters.sms.test_smpp_link import Listener

NOW = 1_893_456_000.25  # the first of January 2030


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for name in ("outbox", "sent", "error", "received"):
        (tmp_path / name).mkdir()
    return tmp_path


def gammu(spool: Path) -> Gammu:
    nothing: Any = None
    around = Surroundings(nothing, "", lambda: NOW, nothing)
    return Gammu(ProviderSettings(api_url=spool.as_uri(), options={"interval": "0.01"}), around)


def outgoing(text: str, txn: str = "txn-1") -> Outgoing:
    return Outgoing("+14155550100", ("+14155550101",), text, segments(text), txn)


async def test_a_text_is_a_file_that_smsd_sends(spool: Path) -> None:
    assert await gammu(spool).send(outgoing("hello ü 漢")) == ("txn-1",)
    (file,) = (spool / "outbox").iterdir()
    assert file.name == "OUTC20300101_000000_250000_+14155550101_txn-1.txt"
    assert file.read_text("utf-16") == "hello ü 漢"


async def test_texts_are_sent_in_the_order_in_which_they_were_said(spool: Path) -> None:
    one, said = gammu(spool), ["z", "a", "m"]
    for text in said:
        await one.send(outgoing(text, text))
    files = sorted((spool / "outbox").iterdir())  # as SMSD takes them
    assert [file.read_text("utf-16") for file in files] == said


@pytest.mark.parametrize("folder", ["outbox", "sent", "error"])
async def test_a_text_that_was_taken_is_not_written_again(spool: Path, folder: str) -> None:
    one = gammu(spool)
    await one.send(outgoing("once"))
    (file,) = (spool / "outbox").iterdir()
    file.rename(spool / folder / file.name)
    await one.send(outgoing("once"))
    assert sum(len(list((spool / name).iterdir())) for name in ("outbox", "sent", "error")) == 1


async def test_what_came_is_told_removed_when_stored_and_set_aside_if_it_is_nothing(
    spool: Path,
) -> None:
    keep(spool / "received", {"id": "a", "sender": "+14155550101", "text": "hi"})
    (spool / "received" / "b.json").write_text("not json")
    ear = Listener()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(gammu(spool).run(ear))
        await ear.until(lambda: ear.told and ear.aside)
        while any((spool / "received").iterdir()):  # noqa: ASYNC110 -- a folder tells nobody
            await asyncio.sleep(0)
        running.cancel()
    assert [(one.sender, one.text, one.id) for one in ear.told] == [("+14155550101", "hi", "a")]


async def test_what_smsd_has_sent_or_given_up_is_reported(spool: Path) -> None:
    for folder, txn in (("sent", "txn-1"), ("error", "txn-2")):
        (spool / folder / f"OUTC20300101_000000_25_+14155550101_{txn}.txt").touch()
    ear = Listener()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(gammu(spool).run(ear))
        await ear.until(lambda: len(ear.told) == 2)
        running.cancel()
    assert {one.id: one.rank for one in ear.told} == {"txn-1": Rank.SENT, "txn-2": Rank.FAILED}


async def test_what_was_sent_long_ago_is_kept_no_longer(spool: Path) -> None:
    for txn, age in (("old", 8), ("new", 6)):
        file = spool / "sent" / f"OUTC20300101_000000_25_+14155550101_{txn}.txt"
        file.touch()
        at = NOW - age * 24 * 3600
        os.utime(file, (at, at))
    ear = Listener()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(gammu(spool).run(ear))
        await ear.until(lambda: len(ear.told) == 2)
        while len(list((spool / "sent").iterdir())) > 1:  # noqa: ASYNC110 -- a folder tells nobody
            await asyncio.sleep(0)
        running.cancel()
    (kept,) = (spool / "sent").iterdir()
    assert kept.name.endswith("_new.txt")


async def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(LoginError, match="outbox"):
        await gammu(tmp_path).sign_in()
    nothing: Any = None
    with pytest.raises(ConfigError, match="file:///"):
        Gammu(ProviderSettings(api_url="http://example.org"), nothing)


def test_the_program_that_smsd_runs_keeps_a_text_of_several_parts(spool: Path) -> None:
    environment = {
        "SMS_MESSAGES": "2",
        "SMS_1_NUMBER": "+14155550101",
        "SMS_1_TEXT": "cut",
        "DECODED_PARTS": "1",
        "DECODED_1_TEXT": "a long text",
        "PHONE_ID": "",
    }
    names = ["IN20300101_120000_00_+14155550101_00.txt", "IN20300101_120000_00_+14155550101_01.txt"]
    for _ in range(2):  # it may be run again for the same
        subprocess.run(
            [sys.executable, "-m", "bridges.sms.gammu_received", spool / "received", *names],
            check=True,
            env={**os.environ, **environment},
        )
    (file,) = (spool / "received").iterdir()
    kept = json.loads(file.read_text("utf-8"))
    assert (kept["sender"], kept["text"]) == ("+14155550101", "a long text")
    assert kept == record(environment, names)
