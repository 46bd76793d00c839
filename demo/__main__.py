"""`make demo`: Synapse, an IRC server and the bridge, and two people who talk across it.

ONCE=1 ends after the conversation, with status 0 only if both sides saw every line once, in order,
but for what was on its way at the `kill -9`, if its sender was told so.
NETWORK=slack, say: with that network, played by the fake that its adapter names; NETWORK=sms: with
phones that are played, behind a real Kannel.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from bridgekit.cli.exits import Failure
from bridgekit.cli.rehearsal.fakes import subject
from bridgekit.testing.servers import ServerFailed, ServerMissing, people
from demo import reading
from demo.fakes.run import run
from demo.irc_person import Line, irc_person
from demo.script import Talk
from demo.stage import ALIAS, CHANNEL, Stage
from demo.verdict import verdict
from demo.view import View
from demo.world import World, world

# Where there is more to see than the fake that the adapter names for rehearsals.
REAL = {"sms": "bridges.sms.fake.real_kannel:real_kannel"}


async def talk(place: World, view: View) -> list[str]:
    """Hold the conversation; what went wrong in it."""

    def shown(line: Line) -> None:
        read = reading.irc(line)
        if read is not None and not (line.command == "JOIN" and line.nick == "rosa"):
            view.network(*read)

    async with (
        people(place.homeserver) as crowd,
        irc_person(place.irc_port, "rosa", CHANNEL, shown=shown) as rosa,
        irc_person(place.irc_port, "snail", CHANNEL) as snail,
    ):
        stage = Stage(place, await crowd.person("alice"), rosa, snail, view)
        stage.pause = 1.0 if sys.stdout.isatty() else 0.0
        await Talk(stage).run()
        faults = await verdict(stage)
        view.say("")
        lines = len(stage.expected())
        view.say(f"Matrix was shown {len(stage.matrix)} messages from IRC, IRC {lines} of alice's.")
        if not faults:
            view.well(", in order", stage.doubted)
        return faults


def stay(place: World, view: View) -> None:
    """Say how to join, and keep everything running until Ctrl-C."""
    password = place.homeserver.accounts.get("alice").password
    view.say("")
    view.say("Everything stays up. Join the conversation:")
    view.say(f"  Matrix: homeserver {place.homeserver.url}, user alice, password {password},")
    view.say(f"          room {ALIAS}")
    view.say(f"  IRC:    127.0.0.1 port {place.irc_port}, no TLS, channel {CHANNEL}")
    view.say(f"  The bridge writes to {place.bridge.log}")
    view.say("Ctrl-C ends it all.")
    with suppress(KeyboardInterrupt):
        asyncio.run(asyncio.Event().wait())


def end_like_ctrl_c() -> None:
    """SIGTERM cleans up as Ctrl-C does: servers, and the folder that everything is in."""

    def ended(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # once: the cleaning up must not be cut short
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts its background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, ended)


def main() -> int:
    end_like_ctrl_c()
    view = View()
    network = os.environ.get("NETWORK") or "irc"
    try:
        status = (
            on_irc(view)
            if network == "irc"
            else asyncio.run(run(subject(network, REAL.get(network)), view))
        )
        if not os.environ.get("ONCE"):
            view.say("")
            view.say("Stopped; nothing is left running.")
    except KeyboardInterrupt:
        view.say("")
        view.say("Stopped; nothing is left running.")
        return 130
    except (ServerMissing, ServerFailed, Failure) as error:
        view.say(str(error))
        return 1
    return status


def on_irc(view: View) -> int:
    """With a real IRC server; the exit status."""
    view.say("Starting an IRC server, Synapse and the bridge …")
    with (
        tempfile.TemporaryDirectory(prefix="bridgekit-demo-") as folder,
        world(Path(folder)) as place,
    ):
        view.say(f"Synapse at {place.homeserver.url}, {place.irc_name} on {place.irc_port}.")
        view.title("What alice sees on Matrix", "What rosa sees on IRC")
        try:
            faults = asyncio.run(talk(place, view))
        except* TimeoutError:
            faults = ["the conversation came to a halt"]
        for fault in faults:
            view.say(f"✗ {fault}")
        if faults:
            view.say(place.log()[-4000:])
            return 1
        if not os.environ.get("ONCE"):
            stay(place, view)
    return 0


if __name__ == "__main__":
    sys.exit(main())
