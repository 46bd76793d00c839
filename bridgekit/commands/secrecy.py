"""Takes back what somebody typed that nobody else may read."""

from __future__ import annotations

import re

import structlog

from bridgekit.commands.place import Place
from bridgekit.commands.table import Table, first_word
from bridgekit.commands.words import takes_secret
from bridgekit.errors import BridgekitError
from bridgekit.ids import EventID, RoomID
from bridgekit.matrix.intents import Intents
from bridgekit.signing import Signer

log = structlog.get_logger()

WARNING = "Delete your message, as it holds a secret: I may not do that here."
_ANSWER = re.compile(r"[={]")  # as secrets are written behind a command that is a plain word


def is_typed(said: str) -> bool:
    """Whether what was said without the prefix is meant for us, and not the talk of a room."""
    name, rest = first_word(said)
    return "-" in name or _ANSWER.search(rest) is not None


class Secrecy:
    """A room that a person has made may not let the bot do it: then they are asked to."""

    def __init__(self, intents: Intents, signer: Signer) -> None:
        self._intents, self._signer = intents, signer

    async def keep(self, table: Table, typed: str, place: Place) -> str:
        """Redact a command that was typed with a secret, be it misspelt.

        Returns the sentence to add if that cannot be.
        """
        name, rest = first_word(typed)
        if not rest or not any(takes_secret(one.arguments) for one in table.meant(name)):
            return ""
        assert place.room is not None and place.event is not None  # noqa: S101, PT018 (it was typed)
        return await self.redact(place.room, place.event)

    async def redact(self, room: RoomID, event: EventID) -> str:
        """What its sender is to be told; nothing once nobody can read it any more."""
        txn = self._signer.txn("secret", event, room)
        try:
            await self._intents.redact(None, room, event, txn, "It holds a secret.")
        except BridgekitError as error:
            log.warning("a secret cannot be redacted", room=room, why=str(error))
            return WARNING
        return ""
