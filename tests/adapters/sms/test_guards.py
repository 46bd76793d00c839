"""What is never sent: to emergency services, to numbers that cost extra, abroad by accident."""

from __future__ import annotations

import pytest

from bridgekit import Rejected
from bridges.sms.guards import check


@pytest.mark.parametrize("user", ["short-us-911", "short-de-112", "short-gb-999", "short-au-000"])
def test_emergency_numbers_are_never_texted(user: str) -> None:
    with pytest.raises(Rejected, match="emergency"):
        check(user, "US", ["*"], premium=True)


@pytest.mark.parametrize("user", ["19005550123", "449098790000", "881612345678"])
def test_premium_numbers_are_texted_only_where_the_operator_wants_that(user: str) -> None:
    with pytest.raises(Rejected, match="extra"):
        check(user, "US", ["*"])
    check(user, "US", ["*"], premium=True)


def test_other_countries_are_texted_only_where_they_are_allowed() -> None:
    check("14155550101", "US", [])
    with pytest.raises(Rejected, match="DE"):
        check("491701234567", "US", [])
    check("491701234567", "US", ["DE"])
    check("491701234567", "US", ["*"])


def test_a_satellite_belongs_to_no_country() -> None:
    with pytest.raises(Rejected, match="no country"):
        check("881612345678", "US", [])


def test_a_name_is_told_to_be_one_that_cannot_be_answered() -> None:
    with pytest.raises(Rejected, match="name"):
        check("alpha-ACME", "US", ["*"])


def test_an_ordinary_short_code_is_texted() -> None:
    check("short-us-262966", "US", [])
