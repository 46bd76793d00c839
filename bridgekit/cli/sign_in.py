"""`bridgekit sign-in`: somebody signs in to a network of the running bridge, at a terminal."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from bridgekit.cli import running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.options import DEFAULT, ConfigPath, load
from bridgekit.cli.output import drawn
from bridgekit.configuration.config import Config
from bridgekit.printable import printable_lines
from bridgekit.provisioning.api import PATH

_DONE = 200
_WAIT = "25"  # seconds until it is asked again whether there is something new
AWAY = "The bridge does not answer; is it running (`bridgekit run`)?"

Network = Annotated[str, typer.Argument(metavar="NETWORK", help="As the configuration names it.")]
For = Annotated[
    str | None, typer.Option("--for", metavar="USER", help="For whom: their Matrix ID.")
]
Again = Annotated[
    str | None, typer.Option(metavar="LOGIN", help="Sign in to this login of theirs again.")
]
Relay = Annotated[bool, typer.Option("--relay", help="It will be the bridge's own login.")]


def sign_in(
    network: Network,
    config: ConfigPath = DEFAULT,
    user: For = None,
    again: Again = None,
    *,
    relay: Relay = False,
) -> None:
    """Sign in to a network, for somebody or for the bridge.

    For somebody with --for, for the bridge itself with --relay. It asks what the network wants
    to know, shows codes and links, and says how it ended. Secrets are not shown as they are
    typed, and stand in no history of the shell.

    \b
    Examples:
      bridgekit sign-in slack --relay
      bridgekit sign-in loopback --for @alice:example.org
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    if (user is None) is not relay:
        raise Failure(Exit.USAGE, "Say for whom: --for @user:example.org, or --relay.")
    words = ["sign-in", network, *(["--again", again] if again else [])]
    _Terminal(load(config), user).go_through([*words, *(["--relay"] if relay else [])])


class _Terminal:
    """The steps, one after the other."""

    def __init__(self, config: Config, user: str | None) -> None:
        self._config, self._user = config, user

    def go_through(self, words: list[str]) -> None:
        step = self._do(words)
        try:
            while step["kind"] != "finished":
                step = self._next(step)
        except (typer.Abort, KeyboardInterrupt):
            self._do(["cancel", step["sign_in"]])
            raise
        if step["login"] is None:
            raise Failure(Exit.FOUND, step["text"])
        typer.echo(printable_lines(step["text"]))

    def _next(self, step: dict[str, Any]) -> dict[str, Any]:
        if step["kind"] == "asking":
            return self._answer(step)
        if step["kind"] != "waiting":
            _show(step)
        now = step
        while now["step"] == step["step"]:
            after = ["--after", step["step"], "--wait", _WAIT]
            now = self._do(["sign-in-step", step["sign_in"], *after])
        return now

    def _answer(self, step: dict[str, Any]) -> dict[str, Any]:
        """Ask until the bridge takes it."""
        while True:
            answers = json.dumps({field["name"]: _asked(field) for field in step["fields"]})
            words = ["answer", step["sign_in"], step["step"], f"--answers={answers}"]
            try:
                return self._do(words)
            except Failure as failure:
                now = self._do(["sign-in-step", step["sign_in"]])
                if now["step"] != step["step"]:  # it is over, or was answered elsewhere
                    return now
                typer.echo(printable_lines(str(failure)))

    def _do(self, words: list[str]) -> dict[str, Any]:
        asked = {"words": words, "user": self._user}
        answer = asyncio.run(running.ask(self._config, f"{PATH}/do", asked))
        if answer is None:
            raise Failure(Exit.FOUND, AWAY)
        status, said = answer
        if status != _DONE or not isinstance(said, dict):
            sentence = said.get("error", "") if isinstance(said, dict) else AWAY
            raise Failure(Exit.FOUND, str(sentence))
        return said


def _asked(field: dict[str, Any]) -> str:
    """One answer; "" leaves an optional one out."""
    choices = f" ({', '.join(field['choices'])})" if field["choices"] else ""
    question = printable_lines(f"{field['prompt']}{choices}")
    default = "" if field["optional"] else None
    return str(
        typer.prompt(question, default=default, show_default=False, hide_input=field["secret"])
    )


def _show(step: dict[str, Any]) -> None:
    for text in (step["text"], step["link"]):
        if text:
            typer.echo(printable_lines(str(text)))
    if step["qr"]:
        typer.echo(drawn(step["qr"]))
