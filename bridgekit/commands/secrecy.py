"""Takes back what somebody typed that nobody else may read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

import structlog

from bridgekit.commands.command import AnyCommand
from bridgekit.commands.place import Place
from bridgekit.commands.refusals import Mistyped
from bridgekit.commands.table import SHOWN, Table, first_word
from bridgekit.commands.words import arguments_of, may_precede_secret, split, takes_secret
from bridgekit.errors import BridgekitError, RetryLater
from bridgekit.ids import EventID, RoomID
from bridgekit.matrix.intents import Intents
from bridgekit.signing import Signer

log = structlog.get_logger()

WARNING = "Delete your message, as it holds a secret: I may not do that here."
CLOSE = 0.85  # how like a command without its hyphens words are that nobody says otherwise
_ANSWER = re.compile(r"[={]")  # as secrets are written behind a command that is a plain word


def is_typed(table: Table, said: str) -> bool:
    """Whether what was said without the prefix is meant for us, and not the talk of a room."""
    name, rest = first_word(said)
    if "-" in name or _ANSWER.search(rest) is not None:
        return True
    second, more = first_word(rest)
    run_together = [name, name + second] if len(more.split()) == 1 else [name]
    known = [one.name.replace("-", "") for one in _secret_ones(table) if "-" in one.name]
    return any(get_close_matches(one[:SHOWN], known, n=1, cutoff=CLOSE) for one in run_together)


def may_hold_secret(table: Table, typed: str) -> bool:
    """Whether a secret stands behind a command, be it misspelt or one that takes none."""
    return any(words and _hold_secret(one, words) for one, words in _meant(table, typed))


def _secret_ones(table: Table) -> list[AnyCommand]:
    return [one for one in table if takes_secret(one.arguments)]


def _meant(table: Table, typed: str) -> Iterator[tuple[AnyCommand, str]]:
    """What may be meant, with what follows it; the hyphen may be left out, or a half of it."""
    name, rest = first_word(typed)
    second, more = first_word(rest)
    together = table.meant(f"{name}-{second}")
    yield from ((one, more) for one in together)
    if f"{name}-{second}" not in {one.name for one in together}:
        halves = [one for one in _secret_ones(table) if name in one.name.split("-")]
        yield from ((one, rest) for one in (*halves, *table.meant(name)))


def _hold_secret(command: AnyCommand, words: str) -> bool:
    if takes_secret(command.arguments):
        return True
    try:
        arguments_of(command.arguments, split(words))
    except Mistyped:
        return may_precede_secret(command.arguments)
    return False


class Secrecy:
    """A room that a person has made may not let the bot do it: then they are asked to."""

    def __init__(self, intents: Intents, signer: Signer) -> None:
        self._intents, self._signer = intents, signer

    async def keep(self, table: Table, typed: str, place: Place) -> str:
        """Redact a command that was typed with a secret, be it misspelt.

        Returns the sentence to add if that cannot be. Raises `RetryLater`.
        """
        if not may_hold_secret(table, typed):
            return ""
        assert place.room is not None and place.event is not None  # noqa: S101, PT018 (it was typed)
        return await self.redact(place.room, place.event)

    async def redact(self, room: RoomID, event: EventID) -> str:
        """What its sender is to be told; nothing once nobody can read it any more.

        Raises `RetryLater`: then it is tried again before anything else is done.
        """
        txn = self._signer.txn("secret", event, room)
        try:
            await self._intents.redact(None, room, event, txn, "It holds a secret.")
        except RetryLater:
            raise
        except BridgekitError as error:
            log.warning("a secret cannot be redacted", room=room, why=str(error))
            return WARNING
        return ""
