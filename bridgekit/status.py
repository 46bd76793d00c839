"""An outcome becomes a log line, a count and, where something failed, a notice to its sender."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bridgekit.adapter import LoginState
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lanes.journey import Journey
from bridgekit.matrix.api import AnswerLost, Refused
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.late_answers import NOTICE, LateAnswers
from bridgekit.matrix.notice_content import notice_content
from bridgekit.metrics.spread import Spread
from bridgekit.models import Direction, Outcome, Result, Step
from bridgekit.reasons import WORDS, Reason
from bridgekit.references import reference
from bridgekit.signing import Signer

log = structlog.get_logger()

STATUS = "com.beeper.message_send_status"  # shown by some clients; no event of the specification


class Status:
    """Counts by (network, direction, reason), kept in memory; never counted from tables."""

    def __init__(self, intents: Intents, signer: Signer) -> None:
        self._intents, self._signer = intents, signer
        self._log = log.bind()  # put together once: every message has a line
        self._late_answers: LateAnswers | None = None
        self.counts: Counter[tuple[str, Direction, Reason]] = Counter()
        self.delays: defaultdict[tuple[str, Direction], Spread] = defaultdict(Spread)
        """From when it was received to its end, of what was delivered."""
        self.spells: Callable[[str], str] = str
        """Commands in `backticks`, as they are typed in a room that is bridged."""

    def attach(self, late_answers: LateAnswers) -> None:
        """Where a notice whose answer was lost is looked for before it is repeated."""
        self._late_answers = late_answers

    def count(self, network: str, direction: Direction, reason: Reason) -> None:
        self.counts[network, direction, reason] += 1

    def report(self, outcome: Outcome) -> None:
        """One line per outcome: identifiers, never what was said."""
        reason = Reason(outcome.reason)
        direction = outcome.lane.direction
        self.count(outcome.network, direction, reason)
        line: dict[str, object] = {
            "to": _WHERE[direction],
            "ref": reference(outcome.job),
            "lane": outcome.lane.owner,
        }
        if outcome.network:
            line["network"] = outcome.network
        took = outcome.finished_at - outcome.received_at
        line |= {"kind": outcome.kind, "ms": took}
        match outcome.result:
            case Result.DELIVERED:
                self.delays[outcome.network, direction].add(took / 1000)
                self._log.info(outcome.result.value, **line)
            case Result.DROPPED:
                self._log.info(outcome.result.value, **line, reason=reason.value)
            case _:
                self._log.warning(
                    outcome.result.value, **line, why=outcome.detail, reason=reason.value
                )

    def login(self, network: str, login: str, state: LoginState, why: str) -> None:
        """A login has moved: said where an operator looks."""
        line = log.bind(network=network, login=login)
        if state in (LoginState.BACKOFF, LoginState.REFUSED):
            line.warning(f"login {state}", why=why)
        else:
            line.info(f"login {state}")

    async def tell(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        reason: Reason,
        detail: str,
        speaker: UserID | None = None,
        *,
        what: str = "message",
        how: str = "was not bridged",
    ) -> None:
        """Answer the sender of `event` in its room. `speaker` speaks where the bot cannot."""
        why = detail or WORDS[reason].sentence
        text = f"⚠ Your {what} {how}. {why} ({journey.job.reference})"
        # Told once per way of failing: a repeated try that ends the same says nothing new, nor does
        # the same rule for each network of the room.
        rule = reason is Reason.NOT_PERMITTED
        about = f"{event['event_id']} {why}" if rule else journey.job.key
        if await self._answer(journey, event, text, f"{about} {reason}", speaker):
            journey.note(Step.TOLD)

    async def tell_note(
        self, journey: Journey, event: Mapping[str, Any], note: str, speaker: UserID | None = None
    ) -> None:
        """Tell the sender of `event` how it arrived, where they would not think so."""
        text = f"→ {note} ({journey.job.reference})"
        await self._answer(journey, event, text, f"{journey.job.key} note {note}", speaker)

    async def tell_waiting(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        why: str,
        speaker: UserID | None = None,
    ) -> None:
        """Answer the sender of `event`, which is held, as `tell` does."""
        text = f"⏳ Your message is waiting: {why} ({journey.job.reference})"
        await self._answer(journey, event, text, f"{journey.job.key} waiting", speaker)

    async def _answer(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        text: str,
        key: str,
        speaker: UserID | None,
    ) -> bool:
        try:
            return await self.notice(
                RoomID(event["room_id"]),
                self.spells(text),
                key=key,
                reply_to=EventID(event["event_id"]),
                mention=UserID(event["sender"]),
                speaker=speaker,
                doubtful=journey.doubtful,
            )
        except AnswerLost:
            journey.doubtful = True  # the next try looks first (delivery rule 14)
            raise

    async def notice(
        self,
        room: RoomID,
        text: str,
        *,
        key: str,
        reply_to: EventID | None = None,
        mention: UserID | None = None,
        speaker: UserID | None = None,
        doubtful: bool = False,
    ) -> bool:
        """Say something in a room as the bridge; `key` makes it the same in every repetition.

        `doubtful`: it may be there already. False if nobody may say it there.
        """
        content = notice_content(text)
        content["m.mentions"] = {"user_ids": [mention]} if mention else {}
        if reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        said = await self.say(room, content, key=key, speaker=speaker, doubtful=doubtful)
        return said is not None

    async def say(
        self,
        room: RoomID,
        content: dict[str, Any],
        *,
        key: str,
        speaker: UserID | None = None,
        doubtful: bool = False,
    ) -> EventID | None:
        """Send a message of the bridge's own, as `notice` does; None if nobody may say it there."""
        txn = self._signer.txn("notice", key, room)
        content = {**content, NOTICE: txn}
        # The homeserver may have forgotten the transaction ID: it was restarted, say.
        if doubtful and (there := await self._find(room, txn, speaker)) is not None:
            return there
        for user in (None, speaker) if speaker else (None,):
            try:
                event = await self._intents.send(user, room, "m.room.message", content, txn)
            except Refused as refused:
                log.warning("notice refused", room=room, by=user or "bot", code=refused.code)
            except AnswerLost:
                if self._late_answers is not None:
                    self._late_answers.lost(room, speaker)
                raise
            else:
                if self._late_answers is not None:
                    self._late_answers.answered(room, speaker, content, event)
                return event
        return None

    async def _find(self, room: RoomID, marker: str, speaker: UserID | None) -> EventID | None:
        known = self._late_answers
        return None if known is None else await known.find(room, marker, speaker)


_WHERE = {
    Direction.TO_MATRIX: "matrix",
    Direction.TO_NETWORK: "network",
    Direction.CONTROL: "room",
}
