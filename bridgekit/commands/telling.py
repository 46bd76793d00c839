"""The reply to one message to the bot: how far its work is, then how it ended, in one place."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from bridgekit.commands.command import Answer
from bridgekit.commands.replies import Replies
from bridgekit.errors import BridgekitError
from bridgekit.ids import EventID, RoomID, UserID


@dataclass(slots=True)
class Telling:
    """`alone`: nobody else reads it there. `speaker` answers where the bot may not be.

    `doubtful`: an earlier try may have told it.
    """

    replies: Replies
    user: UserID
    room: RoomID
    event: EventID
    alone: bool
    speaker: UserID | None = None
    doubtful: bool = False
    _shown: EventID | None = None
    _steps: int = field(default=0)

    async def progress(self, text: str) -> None:
        """How far it is. The work goes on if that cannot be said."""
        with suppress(BridgekitError):
            self._shown = await self._say(Answer(text=text), f"progress {self._steps}")
        self._steps += 1

    async def end(self, answer: Answer) -> None:
        """May raise `RetryLater`; safe to repeat."""
        await self._say(answer, "answer")

    async def _say(self, answer: Answer, what: str) -> EventID | None:
        said = await self.replies.say(
            self.room,
            answer.text,
            key=f"{what} {self.event}",
            to=None if self.alone else (self.event, self.user),
            instead=self._shown,
            qr=answer.qr,
            speaker=self.speaker,
            doubtful=self.doubtful,
        )
        return self._shown or said
