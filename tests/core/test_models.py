"""References that people can read out, and lanes."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.ids import JobID, PortalID, RoomID
from bridgekit.models import (
    Direction,
    Job,
    lane_of_room,
    lane_to_matrix,
    lane_to_network,
)
from bridgekit.references import job_of, reference

SPACE = 1 << 30
SHAPE = re.compile(r"BK-[0-9A-HJKMNP-TV-Z]{6}")  # no I, L, O, U


@given(st.integers(0, SPACE - 1))
def test_a_reference_leads_back_to_its_job(number: int) -> None:
    name = reference(JobID(number))
    assert SHAPE.fullmatch(name)
    assert job_of(name) == number


def test_no_two_jobs_of_the_range_share_a_reference() -> None:
    sample = random.Random(1).sample(range(SPACE), 200_000)
    assert len({reference(JobID(number)) for number in sample}) == len(sample)
    assert len({reference(JobID(number)) for number in range(200_000)}) == 200_000


def test_released_references_keep_their_meaning() -> None:
    assert [reference(JobID(number)) for number in (1, 2, 3, SPACE - 1)] == [
        *("BK-JMBX4H", "BK-58QT92", "BK-QX3QDK", "BK-DBM2VF"),
    ]


def test_neighbours_look_nothing_alike() -> None:
    for number in range(1, 2000):
        one, other = reference(JobID(number)), reference(JobID(number + 1))
        assert sum(a != b for a, b in zip(one[3:], other[3:], strict=True)) >= 3


@given(st.integers(0, SPACE - 1), st.booleans(), st.booleans(), st.booleans())
def test_it_is_understood_as_people_write_it(number, small, short, confused) -> None:
    name: str = reference(JobID(number))
    if short:
        name = name.removeprefix("BK-")
    if confused:
        name = name.replace("0", "O").replace("1", "l") if small else name.replace("1", "I")
    assert job_of(f"  {name.lower() if small else name}\n") == number


@pytest.mark.parametrize(
    "text", ["", "BK-", "BK-12345", "BK-1234567", "BK-12345U", "$event", "ßßß"]
)
def test_what_is_none_names_no_job(text: str) -> None:
    assert job_of(text) is None


@given(st.text())
def test_any_text_is_a_reference_or_not(text: str) -> None:
    job = job_of(text)
    assert job is None or 0 <= job < SPACE


def test_a_lane_knows_its_portal() -> None:
    portal = PortalID(7)
    lanes = lane_to_matrix(portal), lane_to_network(portal), lane_of_room(RoomID("!r:example.org"))
    assert [lane.portal for lane in lanes] == [7, 7, None]
    assert [lane.direction for lane in lanes] == list(Direction)
    assert len(set(lanes)) == 3


def test_a_job_has_its_reference() -> None:
    job = Job(JobID(1), lane_to_matrix(PortalID(1)), "key", "Message", "$s", 1, None)
    assert job.reference == reference(JobID(1))
