"""`bridgekit dev`: an adapter tried by hand, between a fake homeserver and its fake network."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bridgekit.cli.exits import Exit, Failure, expected
from bridgekit.cli.files import unwritable
from bridgekit.cli.rehearsal import lines
from bridgekit.cli.rehearsal.fakes import Subject, subject
from bridgekit.cli.rehearsal.screen import Screen

if TYPE_CHECKING:
    from bridgekit.cli.rehearsal.commands import Commands

_A_WHILE = 5.0  # seconds that a script gives each line before it goes on

Name = Annotated[str, typer.Argument(metavar="ADAPTER", help="An installed adapter, or loopback.")]
Fake = Annotated[
    str | None,
    typer.Option(metavar="MODULE:NAME", help="What opens its fake network [its entry point]."),
]
Keep = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Leave the database in a new folder there."),
]


def dev(adapter: Name, fake: Fake = None, keep: Keep = None) -> None:
    """Try an adapter by hand, without any server.

    A whole bridge runs between a fake homeserver and the adapter's own fake network. What you type
    Alice says on Matrix; behind a > somebody says it on the network. You see both sides, and what
    became of each message; /help lists the commands for what can go wrong: lost answers, repeated
    messages, a killed bridge. Lines can be piped in, too.

    \b
    Examples:
      bridgekit dev loopback
      bridgekit dev pager --fake tests.fake:fake_pager
      printf 'hello\\n> hi\\n/crash\\n' | bridgekit dev pager
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    found = subject(adapter, fake)
    folder = TemporaryDirectory(prefix="bridgekit-") if keep is None else _kept(keep)
    with folder as path:
        try:
            again = asyncio.run(_rehearse(found, Path(path)))
        except KeyboardInterrupt:
            raise typer.Exit(Exit.AT_ONCE) from None
    if keep is not None:
        typer.echo(f"The database is in {path}.")
    if again:  # the only way to be rid of all that Python remembers of the old code
        command = [sys.executable, "-m", "bridgekit.cli", *sys.argv[1:]]
        os.execv(sys.executable, command)  # noqa: S606 (what was typed, once more)


def _kept(folder: Path) -> nullcontext[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return nullcontext(mkdtemp(prefix="rehearsal-", dir=folder))
    except OSError as error:
        raise unwritable(folder, error) from error


async def _rehearse(found: Subject, folder: Path) -> bool:
    """Until it is over; whether it is to begin anew."""
    from bridgekit.cli.rehearsal.commands import COMMANDS, Commands  # noqa: PLC0415 (of an extra)
    from bridgekit.cli.rehearsal.rehearsal import rehearsed  # noqa: PLC0415 (of an extra)

    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, signal.raise_signal, signal.SIGINT
    )
    prompt = lines.at_a_terminal()
    began = time.monotonic()
    with lines.undisturbed(prompt=prompt):
        to = Console(markup=False, highlight=False, emoji=False, force_terminal=prompt or None)
        title = found.adapter.manifest.name
        screen = Screen(to, title, lambda: time.monotonic() - began, columns=prompt)
        try:
            async with found.network() as network, rehearsed(found, network, folder, screen) as it:
                typed = lines.prompted(COMMANDS) if prompt else lines.plain(sys.stdin)
                if prompt:
                    screen.heads()
                    screen.answer("Type what Alice says; > and what bob says; /help for the rest.")
                return await _play(Commands(it), typed, prompt=prompt)
        except Exception as error:
            raise expected(error) or _broken(found, error) from error


def _broken(found: Subject, error: Exception) -> Failure:
    from bridgekit.testing.faults import told  # noqa: PLC0415 (of an extra)

    what, *where = told(error, found.home)
    return Failure(
        Exit.UNEXPECTED, "\n".join([f"The rehearsal of {found.name} broke: {what}", *where])
    )


async def _play(commands: Commands, typed: AsyncIterator[str], *, prompt: bool) -> bool:
    from bridgekit.cli.rehearsal.acts import Mistake  # noqa: PLC0415 (of an extra)
    from bridgekit.cli.rehearsal.commands import Leave  # noqa: PLC0415 (of an extra)

    rehearsal = commands.rehearsal
    async for line in typed:
        try:
            await commands.run(line)
        except Mistake as mistake:
            if lines.scripted():
                raise Failure(Exit.USAGE, f"{line}: {mistake}") from mistake
            rehearsal.screen.answer(str(mistake))
        except Leave as leave:
            if not leave.again or (again := await rehearsal.unusable()) is None:
                return leave.again
            rehearsal.screen.answer(f"{again}\nMend it, and type /reload again.")
        except Exception as error:
            if lines.scripted():
                raise
            rehearsal.broke(error)  # the author's, mostly: they go on, or mend it and /reload
        if not prompt and not await rehearsal.settled(_A_WHILE):
            rehearsal.screen.answer("Something is still under way; on with the next line.")
    return False
