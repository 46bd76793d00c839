"""How one connection says a message: in which lines, of one message or of several."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridgekit import Content, MatrixEvent, Message, Sent, TooLong
from bridges.irc.codes import encode
from bridges.irc.confirmations import Confirmations
from bridges.irc.highlights import calling_nobody
from bridges.irc.layout import Spell, lines
from bridges.irc.multiline import Most, Piece, messages, pieces
from bridges.irc.session import Session
from bridges.irc.split import budget, frame, parts
from bridges.irc.spoofing import COMMAND as RELAY
from bridges.irc.spoofing import Spoofing
from bridges.irc.tagged import answering

Written = tuple[Sequence[str], asyncio.Future[Sent]]
"""The lines to write in one go, and what will hold the outcome."""


@dataclass(slots=True)
class Speech:
    """`most` is how many lines a message may have, whoever puts them together again."""

    session: Session
    spell: Spell
    confirmations: Confirmations
    spoofing: Spoofing
    most: int
    no_ping: bool = False

    def parts(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        """One message for each that is sent; raises `Rejected` for what is too long."""
        event = self._shown(event)
        by_line = parts(event, self.session.source, self.spell, self.most, self._line_length)
        limit = self._limit(event)
        if limit is not None and len(by_line) > 1:
            by_line = messages(event.content, self._pieces(event), limit)
        first, *more = by_line
        return [first, *(replace(one, reply_to=None) for one in more)]

    def cost(self, event: MatrixEvent[Content]) -> float:
        """How many lines it takes."""
        content = event.content
        if not isinstance(content, Message):
            return 1.0
        said = MatrixEvent(event.chat, content, event.txn, event.author, event.relayed)
        return float(len(self._pieces(said))) if self._limit(said) is not None else 1.0

    def said(self, event: MatrixEvent[Message], target: str, token: str) -> Written:
        """Under our own nick."""
        event = self._shown(event)
        spoken, limit = frame(event), self._limit(event)
        found = self._pieces(event) if limit is not None else []
        if limit is None or len(found) <= 1:
            text, tags = spoken.around(self._line(event)), answering(event.content)
            return self.confirmations.expect(spoken.command, target, text, token, tags)
        if not limit.fits(found):
            raise _changed()
        texts = [(piece.text, piece.goes_on) for piece in found]
        tags = answering(event.content)
        return self.confirmations.expect_lines(spoken.command, target, texts, token, tags)

    def spoofed(self, event: MatrixEvent[Message], target: str, token: str) -> Written | None:
        """Under the nick of whom we speak for; None: it has to be said otherwise."""
        nick = self.spoofing.nick(event)
        if nick is None:
            return None
        line, tags = self._line(event), answering(event.content)
        return self.confirmations.expect(RELAY, target, line, token, tags, nick=nick)

    def _shown(self, event: MatrixEvent[Message]) -> MatrixEvent[Message]:
        """With a name that highlights nobody on IRC who has the same, if that is wanted."""
        if not (self.no_ping and event.relayed):
            return event
        return replace(event, author=replace(event.author, name=calling_nobody(event.author.name)))

    def _limit(self, event: MatrixEvent[Message]) -> Most | None:
        """Of a message of several lines; None where each line is one of its own."""
        return None if frame(event).around("") else self.session.most

    def _pieces(self, event: MatrixEvent[Message]) -> list[Piece]:
        return list(pieces(lines(event.content.text, self.spell), self._room(event)))

    def _line(self, event: MatrixEvent[Message]) -> str:
        text = lines(event.content.text, self.spell)
        encoded = encode(text[0]) if len(text) == 1 else None
        if encoded is None or len(encoded.encode()) > self._room(event):
            raise _changed()
        return encoded

    def _room(self, event: MatrixEvent[Message]) -> int:
        return budget(frame(event), self.session.source, event.chat.id, self._line_length)

    @property
    def _line_length(self) -> int:
        return self.session.features.line_length


def _changed() -> TooLong:
    """It was split for a nick or an address of ours that was shorter."""
    return TooLong("This does not fit into one line on IRC now.")
