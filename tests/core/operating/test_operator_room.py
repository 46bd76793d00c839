"""The operators' room hears what is in the way, when it is over, and once a day what failed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from bridgekit.adapter import LoginState
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.metrics.health import WELL, Check
from bridgekit.models import Direction
from bridgekit.operating import operator_room
from bridgekit.operating.operator_room import FAILURES, OperatorRoom
from bridgekit.reasons import Reason
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.rig import Rig

OUT, IN = Direction.TO_NETWORK, Direction.TO_MATRIX


class Health:
    """Says what a test lets it say."""

    def __init__(self) -> None:
        self.said = WELL

    async def ready(self) -> list[Check]:
        return [Check("homeserver", self.said), Check("database", WELL)]


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def operators(health: Health) -> OperatorRoom:
    settings = OperationSettings(room="!ops:example.org", report_at="08:00")
    return OperatorRoom(
        settings, None, SimpleNamespace(counts={}), health, lambda: 3, VirtualClock()
    )


async def test_what_is_in_the_way_is_said_once_when_it_lasts_and_when_it_is_over(
    operators: OperatorRoom, health: Health
) -> None:
    async def look() -> list[str]:
        return operators._news(await health.ready())

    assert await look() == []
    health.said = "It is away."
    assert await look() == []  # it may come back at once
    assert await look() == ["⚠ homeserver: It is away."]
    assert await look() == []
    health.said = WELL
    assert await look() == ["✓ homeserver: this is over."]
    assert await look() == []


def test_the_daily_line_counts_what_failed_since_the_last_one(operators: OperatorRoom) -> None:
    counts = operators._status.counts
    counts.update({("loop", OUT, Reason.DELIVERED): 5, ("loop", IN, Reason.REJECTED): 2})
    counts["loop", OUT, Reason.OWN_ECHO] = 9
    assert operators._report() == (
        "Since the start: 5 delivered; 2 failed: 2 rejected on loop; 3 wait. "
        "See `bridgekit queue --by reason`."
    )
    counts["loop", OUT, Reason.DELIVERED] = 6
    assert operators._report() == "Since the last report: 1 delivered; 0 failed; 3 wait."


def test_the_report_is_due_at_its_time_of_day_and_not_twice(operators: OperatorRoom) -> None:
    now = operators._clock.now().astimezone()
    due = operators._next_report()
    assert (due.hour, due.minute) == (8, 0)
    assert timedelta(0) < due - now <= timedelta(days=1)


def test_every_failure_is_a_reason() -> None:
    assert set(Reason) > FAILURES


async def test_the_room_hears_it(tmp_path, database, monkeypatch) -> None:
    monkeypatch.setattr(operator_room, "EVERY", 0.05)
    async with Rig(tmp_path, database=database) as rig:
        admin = rig.hs.person("admin")
        room = await admin.create_room(invite=["@bridgebot:example.org"])
        rig.settings["operations"] = OperationSettings(room=room, report_at="08:00")
        await rig.start()
        network = rig.bridge.parts.networks.get("loop")
        await rig.network.wait(lambda: rig.network.clients)
        (login,) = network.logins.all()
        while network.logins.state(login.id)[0] is not LoginState.ONLINE:
            await settle()
        network.logins.end(login.id, LoginState.REFUSED, "no more")
        heard = await admin.wait_for(
            room, lambda event: "⚠ network" in event["content"].get("body", "")
        )
        assert heard["sender"] == "@bridgebot:example.org"
        assert "network loop" in heard["content"]["body"]
