"""What is said about an outcome: in the room, and in the log."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bridgekit.clock import SystemClock
from bridgekit.errors import RetryLater
from bridgekit.ids import JobID, PortalID, RoomID, UserID
from bridgekit.lanes.journey import Journey
from bridgekit.matrix.api import Refused
from bridgekit.models import Direction, Job, Outcome, Result, lane_to_network
from bridgekit.reasons import WORDS, Reason
from bridgekit.signing import Signer
from bridgekit.status import Status

ROOM = RoomID("!r:x")
EVENT = {"room_id": ROOM, "event_id": "$e", "sender": "@a:x", "content": {"body": "secret"}}


class Intents:
    """Notes what is sent; `trouble` is raised instead, one by one."""

    def __init__(self) -> None:
        self.sent: list[tuple[str | None, dict, str]] = []
        self.trouble: list[Exception] = []

    async def send(self, user, _room, _kind, content, txn) -> str:
        if self.trouble:
            raise self.trouble.pop(0)
        self.sent.append((user, content, txn))
        return "$n"


@pytest.fixture
def intents() -> Intents:
    return Intents()


@pytest.fixture
def status(intents) -> Status:
    return Status(intents, Signer(b"secret of the tests", "instance"))


def journey() -> Journey:
    lane = lane_to_network(PortalID(1))
    return Journey(Job(JobID(7), lane, "key", "m.room.message", "$e", 0, "{}"), SystemClock())


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_and_a_next_step(reason):
    assert WORDS[reason].sentence.endswith(".")
    assert WORDS[reason].next_step


async def test_a_notice_is_the_same_in_every_repetition_and_another_for_another_reason(
    status, intents
):
    for reason in (Reason.REJECTED, Reason.REJECTED, Reason.EMPTY):
        await status.tell(journey(), EVENT, reason, "")
    first, second, third = (txn for _, _, txn in intents.sent)
    assert first == second != third
    assert "secret" not in str(intents.sent)


async def test_a_notice_is_plain_text_for_its_sender_only(status, intents):
    await status.tell(journey(), EVENT, Reason.REJECTED, "<b>@room</b>")
    ((user, content, _),) = intents.sent
    assert user is None
    assert content["msgtype"] == "m.notice"
    assert content["m.mentions"] == {"user_ids": ["@a:x"]}
    assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": "$e"}}
    known = {"msgtype", "body", "m.mentions", "m.relates_to", "dev.bridgekit.notice"}
    assert content.keys() == known


async def test_somebody_else_speaks_where_the_bot_may_not(status, intents):
    intents.trouble = [Refused("no", "M_FORBIDDEN", 403)]
    ghost = UserID("@loop_bob:x")
    await status.notice(ROOM, "hello", key="k", speaker=ghost)
    assert [user for user, _, _ in intents.sent] == [ghost]


async def test_a_room_where_nobody_may_speak_is_logged_and_no_fault(status, intents):
    intents.trouble = [Refused("no", "M_FORBIDDEN", 403)] * 2
    with capture_logs() as logs:
        await status.notice(ROOM, "hello", key="k", speaker=UserID("@loop_bob:x"))
    assert [line["event"] for line in logs] == ["notice refused"] * 2


async def test_a_homeserver_that_is_down_is_told_later(status, intents):
    intents.trouble = [RetryLater("down")]
    with pytest.raises(RetryLater):
        await status.notice(ROOM, "hello", key="k", speaker=UserID("@loop_bob:x"))


@pytest.mark.parametrize(
    ("result", "level"),
    [
        (Result.DELIVERED, "info"),
        (Result.DROPPED, "info"),
        (Result.FAILED, "warning"),
        (Result.UNKNOWN, "warning"),
    ],
)
def test_an_outcome_is_one_line_and_one_count(status, result, level):
    lane = lane_to_network(PortalID(1))
    reason = Reason.REJECTED
    about = ("m.room.message", "$e", result, reason, "No.", 100, 350)
    outcome = Outcome(JobID(7), lane, *about, network="loop")
    with capture_logs() as logs:
        status.report(outcome)
    (line,) = logs
    assert line["log_level"] == level
    assert (line["ref"], line["ms"]) == (journey().job.reference, 250)
    assert status.counts == {("loop", Direction.TO_NETWORK, reason): 1}
    assert line["network"] == "loop"
