"""Sign-ins in a chat: each field is asked by itself, and the next words there are its answer.

What is secret is taken back from the room as soon as it was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from bridgekit import retry
from bridgekit.adapter import Field
from bridgekit.clock import Clock
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.sign_in.broken_off import BrokenOff
from bridgekit.sign_in.session import Session
from bridgekit.sign_in.steps import Asking, Finished, Redirecting, Showing, Step, Waiting, checked

KEPT = 1_000  # answers that are known when they come again
NOTHING = "-"  # what somebody answers who leaves an optional field out
OVER = "Your sign-in is over, so nothing is asked any more: `sign-in` begins a new one."
PERHAPS = "If it holds a secret, delete your message: I may not do that here."
NOT_NOW = "Nothing is asked just now; `cancel` ends your sign-in."


class Say(Protocol):
    """Says something in a room; `key` makes it the same in every repetition."""

    async def __call__(
        self, room: RoomID, text: str, *, key: str, qr: str | None = None
    ) -> EventID | None: ...


Redact = Callable[[RoomID, EventID], Awaitable[str]]
"""Takes a message back; returns what its sender must be told, "" if nothing."""


class _Talk:
    """One sign-in in one room. `answers` are those to the fields of the present step."""

    def __init__(self, session: Session, room: RoomID) -> None:
        self.session, self.room = session, room
        self.steps: asyncio.Queue[Step] = asyncio.Queue()
        self.answers: dict[str, str] = {}
        self.field: Field | None = None  # what their next words answer
        self.problem = ""
        self.cancelled = False  # here, where that was answered
        self.said = 0
        self.drawn: EventID | None = None  # a code or a page that is good for a while


class Talks:
    """Is the chat's `Conversation`."""

    def __init__(
        self,
        say: Say,
        redact: Redact,
        broken_off: BrokenOff,
        is_command: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._say, self._redact, self._is_command = say, redact, is_command
        self._broken_off, self._clock = broken_off, clock
        self._talks: dict[tuple[RoomID, UserID], _Talk] = {}
        self._answered: LRU[EventID, bool] = LRU(KEPT)
        self._untimely: LRU[EventID, str] = LRU(KEPT)
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Show the steps, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await asyncio.get_running_loop().create_future()
        finally:
            self._tasks = None

    def begin(self, session: Session, room: RoomID) -> None:
        """Go on with a sign-in in this room, in place of what went on there."""
        before = self._talks.get((room, session.user))
        if before is not None:
            before.session.cancel()
        if self._tasks is None:
            raise Rejected("The bridge is just starting; try again in a moment.")
        talk = self._talks[room, session.user] = _Talk(session, room)
        text = f"You sign in to {session.title}; `cancel` ends this."
        talk.steps.put_nowait(Showing("begin", text))
        session.listen(talk.steps.put_nowait)
        self._tasks.create_task(self._show(talk), name="sign-in in a chat")

    def cancel(self, room: RoomID, user: UserID) -> bool:
        """They give up; False if there is nothing to give up."""
        talk = self._talks.get((room, user))
        if talk is not None:
            talk.cancelled = True
            talk.session.cancel()
        return talk is not None

    async def said(self, user: UserID, room: RoomID, event: EventID, text: str) -> bool:
        """Whether it was an answer; see `commands/chat.py`."""
        if self._answered.get(event):
            return True
        talk = self._talks.get((room, user))
        field = None if talk is None else talk.field
        if talk is None or field is None:
            return await self._not_asked(user, room, event, text)
        warning = await self._redact(room, event) if field.secret else ""
        if warning:
            await self._say(room, warning, key=f"secret stays {event}")
        self._answered.put(event, True)
        if talk.field is field:  # and not the next one, while we redacted
            self._take(talk, field, text)
        return True

    async def _not_asked(self, user: UserID, room: RoomID, event: EventID, text: str) -> bool:
        """What may be an answer too early, or too late, is for nobody's eyes."""
        if self._is_command(text):
            return False
        words = self._untimely.get(event) or self._why_untimely(user, room)
        if not words:
            return False
        self._untimely.put(event, words)  # should it have to be taken back once more
        warning = PERHAPS if await self._redact(room, event) else ""
        await self._say(room, f"{words} {warning}".strip(), key=f"not asked {event}")
        self._answered.put(event, True)
        return True

    def _why_untimely(self, user: UserID, room: RoomID) -> str:
        if (room, user) in self._talks:
            return NOT_NOW
        return OVER if self._broken_off.take(room, user) else ""

    def _take(self, talk: _Talk, field: Field, text: str) -> None:
        answer = "" if field.optional and text.strip() == NOTHING else text
        talk.answers[field.name] = answer
        talk.problem = ""
        try:
            checked((field,), {field.name: answer})
        except Rejected as error:
            del talk.answers[field.name]
            talk.problem = f"{error} Try again."
        talk.field = None
        if isinstance(talk.session.step, Asking):
            self._next(talk, talk.session.step)

    def _next(self, talk: _Talk, step: Asking) -> None:
        """Ask for what is missing still, or hand over what is there."""
        missing = (field for field in step.fields if field.name not in talk.answers)
        field = next(missing, None)
        if field is not None:
            talk.steps.put_nowait(Asking(step.id, (field,)))
            return
        answers, talk.answers = talk.answers, {}
        with suppress(Rejected):  # each was looked at; but it may be given up just now
            talk.session.answer(step.id, answers)

    async def _show(self, talk: _Talk) -> None:
        """Say each step, in order, until the last."""
        try:
            while True:
                step = await talk.steps.get()
                talk.said += 1
                await self._surely(talk, step)
                if isinstance(step, Finished):
                    return
        finally:
            if self._talks.get((talk.room, talk.session.user)) is talk:
                del self._talks[talk.room, talk.session.user]

    async def _surely(self, talk: _Talk, step: Step) -> None:
        attempts = 0
        while True:
            attempts += 1
            try:
                await self._say_step(talk, step)
            except RetryLater as error:
                await self._clock.sleep(retry.delay(error.after, attempts, 1.0))
            else:
                return

    async def _say_step(self, talk: _Talk, step: Step) -> None:
        talk.field = None
        if talk.drawn is not None:  # it is worth nothing any more, and somebody might use it
            await self._redact(talk.room, talk.drawn)
            talk.drawn = None
        match step:
            case Asking(fields=(field, *_)):
                talk.field = field  # before it is said: whoever reads it may be quick
                await self._tell(talk, step, _question(field, talk.problem))
            case Showing():
                text = step.text if step.link is None else f"{step.text}\n{step.link}"
                said = await self._tell(talk, step, text, step.qr)
                talk.drawn = said if step.qr else None
            case Redirecting():
                text = f"Open this page and sign in there; it comes back to me:\n{step.url}"
                talk.drawn = await self._tell(talk, step, text)
            case Finished(login=None) if not talk.cancelled:
                await self._tell(talk, step, _end(step, talk.session))
            case Finished() | Waiting() | Asking():
                pass  # who is signed in is told with the commit that makes it so

    async def _tell(
        self, talk: _Talk, step: Step, text: str, qr: str | None = None
    ) -> EventID | None:
        key = f"sign-in {talk.session.id} {step.id} {talk.said}"
        said = await self._say(talk.room, text, key=key, qr=qr)
        if said is None:  # the bot may not say anything there: nobody can go on
            talk.session.cancel()
        return said


def _end(step: Finished, session: Session) -> str:
    """That it came to nothing and, where it failed, what to do."""
    if not session.failed:
        return step.text
    why = step.text.rstrip(".")
    return f"{why}. This sign-in has ended; `{session.anew}` begins a new one."


def _question(field: Field, problem: str) -> str:
    """What is asked; after an answer that will not do, with what is wrong with that."""
    said = field.prompt.rstrip(".") in problem  # what is wanted, once
    lines = [problem] if said else [problem, field.prompt] if problem else [field.prompt]
    if field.choices:
        lines.append("Answer one of: " + ", ".join(f"`{choice}`" for choice in field.choices))
    if field.optional:
        lines.append(f"Answer `{NOTHING}` to leave it out.")
    if field.secret:
        lines.append("I delete your answer as soon as I have read it.")
    return "\n".join([*lines, "`cancel` ends this."])
