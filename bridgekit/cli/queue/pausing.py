"""`bridgekit queue pause` and `resume`: the running bridge holds a network, a login or a chat."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bridgekit.cli import running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.options import OwnConfig, load
from bridgekit.configuration.config import Config
from bridgekit.printable import printable_lines
from bridgekit.provisioning.api import PATH

Network = Annotated[str | None, typer.Argument(metavar="NETWORK", help="Without one: everything.")]
Login = Annotated[str | None, typer.Option("--login", metavar="ID", help="Only this login's.")]
Chat = Annotated[str | None, typer.Option("--chat", metavar="ID", help="Only this chat's.")]
_DONE = 200


def pause(
    context: typer.Context,
    network: Network = None,
    config: OwnConfig = None,
    login: Login = None,
    chat: Chat = None,
) -> None:
    """Hold what is for a network, a login or a chat, both ways, until it is resumed.

    Events are taken and kept in their order; nothing is lost. It outlives a restart.

    \b
    Examples:
      bridgekit queue pause libera
      bridgekit queue pause telegram --chat -1001234
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    _give(load(config or context.obj), "brake", network, login, chat)


def resume(
    context: typer.Context,
    network: Network = None,
    config: OwnConfig = None,
    login: Login = None,
    chat: Chat = None,
) -> None:
    """Let what was paused go on.

    \b
    Example:
      bridgekit queue resume libera
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    _give(load(config or context.obj), "release", network, login, chat)


def _give(
    config: Config, command: str, network: str | None, login: str | None, chat: str | None
) -> None:
    typer.echo(printable_lines(asyncio.run(given(config, command, _words(network, login, chat)))))


async def given(config: Config, command: str, words: list[str]) -> str:
    """The answer of the running bridge to a command; `Failure` if it has none, or refuses."""
    asked = {"words": [command, *words]}
    answer = await running.ask(config, f"{PATH}/do", asked)
    if answer is None:
        raise Failure(Exit.FOUND, "The bridge does not answer; is it running (`bridgekit run`)?")
    status, said = answer
    if not isinstance(said, dict) or status != _DONE:
        raise Failure(Exit.FOUND, str(said.get("error", "")) if isinstance(said, dict) else "?")
    return str(said["text"]).replace("`", "")


def _words(network: str | None, login: str | None, chat: str | None) -> list[str]:
    named = {"network": network, "login": login, "chat": chat}
    return [f"--{name}={value}" for name, value in named.items() if value is not None]
