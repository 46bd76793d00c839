"""`bridgekit registration rotate`: new tokens in two steps, while everything goes on."""

from __future__ import annotations

import asyncio
import secrets
import shlex

import typer

from bridgekit.cli import running
from bridgekit.cli.asking import OK, Asking, patient
from bridgekit.cli.doctor.registration import BESIDE
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.options import DEFAULT, ConfigPath, again, load
from bridgekit.configuration.config import Config

_BYTES = 32


def rotate(config: ConfigPath = DEFAULT) -> None:
    """Change the tokens, in two steps.

    Call it before and after: it says what is next. While both are there the bridge accepts the
    old and the new, and uses the old one until the homeserver knows the new. It prints lines; the
    configuration is yours to write.

    \b
    Examples:
      bridgekit registration rotate
      bridgekit registration rotate -c /etc/bridgekit/config.yaml
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    loaded = load(config)
    settings = loaded.appservice
    if settings.secret is None:
        raise Failure(
            Exit.CONFIG,
            "appservice.secret: is missing, so that what the bridge signs and seals hangs on "
            "as_token; stop the bridge when `bridgekit queue` shows nothing open, add a secret "
            f"(like {secrets.token_hex(_BYTES)}), put what as_token is into "
            "old_encryption_keys, start it, then rotate",
        )
    if settings.as_token_next is None or settings.hs_token_next is None:
        _begin(loaded)
    else:
        asyncio.run(_go_on(loaded))


def _begin(config: Config) -> None:
    file = shlex.quote(str(config.path.with_name(BESIDE)))
    typer.echo(f"""\
Step 1 of 2. Add under `appservice` in {config.path}:

  as_token_next: {secrets.token_hex(_BYTES)}
  hs_token_next: {secrets.token_hex(_BYTES)}

Then, in this order:
  1. Restart the bridge: from then on it accepts the old tokens and the new.
  2. {again("registration print", config.path)} > {file}
     It has the new tokens. Install it over the old one, and restart the
     homeserver.
  3. {again("registration rotate", config.path)}""")


async def _go_on(config: Config) -> None:
    """How far it has come is asked of the bridge and of the homeserver."""
    settings = config.appservice
    assert settings.as_token_next is not None and settings.hs_token_next is not None  # noqa: S101, PT018 (asked before)
    if await running.answers(config) in (401, 403):
        raise Failure(
            Exit.FOUND, "A bridge runs that knows other tokens: restart it before anything else."
        )
    if await running.knows(config, settings.hs_token_next.get_secret_value()) is False:
        raise Failure(
            Exit.FOUND, "The bridge runs and does not know the new tokens yet: restart it first."
        )
    async with patient() as session:
        answer = await Asking(config, session).whoami(
            token=settings.as_token_next.get_secret_value()
        )
    if answer.status != OK:
        raise Failure(
            Exit.FOUND,
            f"The homeserver does not know the new tokens yet ({answer}): install what `bridgekit "
            "registration print` prints, and restart the homeserver. Nothing is lost meanwhile.",
        )
    typer.echo(f"""\
Step 2 of 2. The homeserver uses the new tokens.
In {config.path}, under `appservice`:

  as_token: {settings.as_token_next.get_secret_value()}
  hs_token: {settings.hs_token_next.get_secret_value()}

and remove as_token_next and hs_token_next. Then restart the bridge: the old
tokens are worthless from then on.""")
