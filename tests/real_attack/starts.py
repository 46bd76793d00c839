"""Five hundred people connect to a real InspIRCd that takes only so many within ten seconds."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bridgekit import Login, LoginID, RetryLater
from bridgekit.testing.servers import inspircd
from bridges.irc import IRCAdapter
from bridges.irc.config import IRCConfig
from tests.adapters.irc.conftest import RecordingHost
from tests.real_attack.report import Report

HURRY = 200  # connections within ten seconds, beyond which the server takes nobody for a while


async def five_hundred(folder: Path, size: int, _seed: int) -> Report:
    """All at once, as after a start, with the settings that nobody has changed."""
    report, began = Report("a start on InspIRCd, which limits"), time.monotonic()
    with inspircd(folder / "irc", hurry=HURRY) as server:
        config = IRCConfig(host=server.host, port=server.port, tls=False)
        adapter = IRCAdapter(config, RecordingHost())  # type: ignore[arg-type]
        refused, there, everybody = list[str](), set[str](), asyncio.Event()

        async def come(number: int) -> None:
            name = f"person{number}"
            credentials = {"nick": name, "username": name, "realname": name}
            login = Login(LoginID(name), name, credentials, relay=False)
            try:
                async with adapter.connect(login) as client:
                    there.add(client.me)
                    if len(there) == size:
                        everybody.set()
                    await everybody.wait()
            except RetryLater as error:
                refused.append(str(error))
                everybody.set()  # the answer is known

        async with adapter.lifespan(), asyncio.TaskGroup() as group:
            for number in range(size):
                group.create_task(come(number))
        report.require(not refused, f"{len(refused)} were refused: {refused[:1]}")
        report.require(len(there) == size, f"{len(there)} of {size} were there")
    report.events, report.seconds = len(there), time.monotonic() - began
    report.note = f"{size} people, {len(refused)} refused: the server takes {HURRY} in ten seconds"
    return report
