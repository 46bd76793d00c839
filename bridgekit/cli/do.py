"""`bridgekit do`: the commands of the chat, given to the running bridge from a shell."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from bridgekit.cli import running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, load
from bridgekit.cli.output import drawn, show_json
from bridgekit.printable import printable_lines
from bridgekit.provisioning.api import PATH

WORDS = {"allow_interspersed_args": False, "ignore_unknown_options": True}
_DONE = 200

Words = Annotated[
    list[str] | None, typer.Argument(metavar="COMMAND [WORDS]...", help="As in the chat.")
]
Room = Annotated[
    str | None, typer.Option(metavar="ROOM", help="The ID of the room that it is about.")
]
For = Annotated[
    str | None, typer.Option("--for", metavar="USER", help="Do it for somebody: their Matrix ID.")
]


def do(
    words: Words = None,
    config: ConfigPath = DEFAULT,
    room: Room = None,
    user: For = None,
    *,
    as_json: AsJSON = False,
) -> None:
    """Tell the running bridge to do something.

    The words are those that people use in the chat. Whoever can read the configuration may do
    everything. Options come before the command.

    \b
    Examples:
      bridgekit do help
      bridgekit do whoami
      bridgekit do --for @alice:example.org tokens
      bridgekit do --json audit 100
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    asked = {"words": words or ["help"], "room": room, "user": user}
    answer = asyncio.run(running.ask(load(config), f"{PATH}/do", asked))
    if answer is None:
        raise Failure(Exit.FOUND, "The bridge does not answer; is it running (`bridgekit run`)?")
    status, said = answer
    if status != _DONE:
        raise Failure(Exit.FOUND, str(said.get("error", "")) if isinstance(said, dict) else "?")
    if as_json:
        show_json(said)
    else:
        _show(said)


def _show(answer: dict[str, Any]) -> None:
    typer.echo(printable_lines(str(answer["text"]).replace("`", "")))
    if isinstance(answer.get("qr"), str):
        typer.echo(drawn(answer["qr"]))
    if isinstance(answer.get("confirm"), str):
        typer.echo(f"To do it, give the command again with --confirm={answer['confirm']}")
