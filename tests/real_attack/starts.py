"""Many people connect to a real InspIRCd that takes only so many within ten seconds.

With the settings that nobody has changed they are no more than most networks let in. Where one lets
in fewer, it closes its door to all for a while; everybody is there in the end all the same.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from bridgekit import Login, LoginID, RetryLater
from bridgekit.testing.servers import inspircd
from bridges.irc import IRCAdapter
from bridges.irc.config import IRCConfig
from tests.adapters.irc.conftest import RecordingHost
from tests.real_attack.report import Report

HURRY = 200  # connections within ten seconds, beyond which the server takes nobody for a while
SLOW = 30  # the same of a server that takes fewer than come


@dataclass(slots=True)
class Start:
    """Who is there, and in which words the server complained."""

    size: int
    there: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def come(self, adapter: IRCAdapter, number: int, *, again: bool) -> None:
        """Somebody connects and stays until all are there; `again`: as often as the core would."""
        name = f"person{number}"
        credentials = {"nick": name, "username": name, "realname": name}
        login = Login(LoginID(name), name, credentials, relay=False)
        while True:
            try:
                async with adapter.connect(login) as client:
                    self.there.add(client.me)
                    if len(self.there) == self.size:
                        self.changed.set()
                    await self.changed.wait()
                    return
            except RetryLater as error:
                self.complaints.append(str(error))
                if not again:
                    self.changed.set()  # the answer is known
                    return
                await asyncio.sleep(error.after or 1.0)


async def five_hundred(folder: Path, size: int, _seed: int) -> Report:
    """All at once, as after a start, with the settings that nobody has changed."""
    report = Report("a start on InspIRCd, which limits")
    start = await _started(folder, size, HURRY, report, again=False)
    many = len(start.complaints)
    report.require(not many, f"{many} were refused: {start.complaints[:1]}")
    report.note = f"{size} people, {many} refused: the server takes {HURRY} in ten seconds"
    return report


async def hurried(folder: Path, size: int, _seed: int) -> Report:
    """More than the server takes: it complains, and gets the time that it asks for."""
    report = Report("a start on InspIRCd, which takes fewer")
    start = await _started(folder, size, SLOW, report, again=True)
    many = len(start.complaints)
    report.require(many > 0, "the server never complained: nothing was tried")
    report.require(many < size, f"{many} complaints about {size} people")
    report.note = f"{size} people, {many} refused: the server takes {SLOW} in ten seconds"
    return report


async def _started(folder: Path, size: int, hurry: int, report: Report, *, again: bool) -> Start:
    start, began = Start(size), time.monotonic()
    with inspircd(folder / "irc", hurry=hurry) as server:
        config = IRCConfig(host=server.host, port=server.port, tls=False)
        adapter = IRCAdapter(config, RecordingHost())  # type: ignore[arg-type]
        async with adapter.lifespan(), asyncio.TaskGroup() as group:
            for number in range(size):
                group.create_task(start.come(adapter, number, again=again))
    report.require(len(start.there) == size, f"{len(start.there)} of {size} were there")
    report.events, report.seconds = len(start.there), time.monotonic() - began
    return start
