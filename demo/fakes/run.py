"""One run of the demo with a played network, from the first server to the last word."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from bridgekit.cli.rehearsal.fakes import Subject
from bridgekit.events import Message
from bridgekit.richtext import from_plain
from demo.fakes.place import Place, place
from demo.fakes.script import talk, verdict
from demo.fakes.sides import Sides
from demo.view import View


async def run(subject: Subject, view: View) -> int:
    """Hold the conversation, and stay up unless it is to be ONCE; the exit status."""
    title = subject.adapter.manifest.title
    view.say(f"Starting Synapse, the other side ({title}), and the bridge …")
    with tempfile.TemporaryDirectory(prefix="bridgekit-demo-") as folder:
        async with place(Path(folder), subject) as there:
            view.title("What alice sees on Matrix", f"What rosa sees on {title}")
            sides = Sides(there, view, pause=1.0 if sys.stdout.isatty() else 0.0)
            try:
                await talk(sides)
                faults = await verdict(sides)
            except* TimeoutError:
                faults = ["the conversation came to a halt"]
            for fault in faults:
                view.say(f"✗ {fault}")
            if faults:
                view.say(there.log()[-4000:])
                return 1
            how = "" if getattr(there.network, "reorders", False) else ", in order"
            view.well(how, sides.doubted)
            if not os.environ.get("ONCE"):
                await _stay(there, sides)
    return 0


async def _stay(there: Place, sides: Sides) -> None:
    """Alice can be joined on Matrix; rosa says what is typed here."""
    account = await asyncio.to_thread(there.homeserver.accounts.get, "alice")
    for line in (
        "",
        "Everything stays up. Join the conversation:",
        f"  Matrix: homeserver {there.homeserver.url}, user alice, password {account.password}",
        "  What you type here, rosa says on the other side. Ctrl-C ends it all.",
    ):
        sides.view.say(line)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sides.watch())
        tasks.create_task(sides.overhear())
        while line := (await asyncio.to_thread(sys.stdin.readline)).rstrip("\n"):
            await there.network.say("rosa", Message(from_plain(line)))
            sides.view.network("rosa", line)
