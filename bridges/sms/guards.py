"""What is not sent at all: to whom it would be a danger, a fraud or a surprise on the bill."""

from __future__ import annotations

from collections.abc import Collection

from phonenumbers import (
    NumberParseException,
    PhoneNumberType,
    number_type,
    parse,
    region_code_for_number,
)
from phonenumbers.shortnumberinfo import (
    ShortNumberCost,
    expected_cost_for_region,
    is_emergency_number,
)

from bridgekit import Rejected
from bridges.sms.numbers import dialled, region, shown

_PREMIUM = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}
_NOWHERE = "001"  # satellites, ships and networks of machines, as ITU-T E.164 numbers them
# Numbers for help that are none of the country's own, and so in no list of short numbers.
_HELP = frozenset({"112", "911", "999", "110", "118", "119", "113", "117", "000"})


def check(user: str, home: str | None, allowed: Collection[str], *, premium: bool = False) -> None:
    """Raise `Rejected` where nothing is to be sent to a peer.

    `home` is the country of our number, `allowed` are those that are texted ("*": all); none
    means home alone. `premium` lets numbers that cost extra through.
    """
    number = dialled(user)
    if number is None:
        raise Rejected(f"{shown(user)} is a name, not a number: nobody can answer it.")
    if user.startswith("short-"):
        _check_short(number, user.split("-")[1].upper(), premium=premium)
        return
    if number.removeprefix("+") in _HELP:
        raise Rejected(f"{number} is an emergency number: text messages do not reach it.")
    _check_country(user, home, allowed)
    if not premium and _costs_extra(number):
        raise Rejected(f"{shown(user)} costs extra; the operator has not allowed such numbers.")


def _check_short(number: str, country: str, *, premium: bool) -> None:
    if number in _HELP or is_emergency_number(number, country):
        raise Rejected(f"{number} is an emergency number: text messages do not reach it.")
    try:
        cost = expected_cost_for_region(parse(number, country), country)
    except NumberParseException:
        return
    if not premium and cost == ShortNumberCost.PREMIUM_RATE:
        raise Rejected(f"{number} costs extra; the operator has not allowed such numbers.")


def _check_country(user: str, home: str | None, allowed: Collection[str]) -> None:
    if "*" in allowed:
        return
    country = region(user)
    if country is None and home is None:
        return
    if country not in {*allowed, *(() if home is None else (home,))}:
        where = country if country not in (None, _NOWHERE) else "no country"
        raise Rejected(
            f"{shown(user)} belongs to {where}, which this number does not text; "
            "the operator can allow it (`countries`)."
        )


def _costs_extra(number: str) -> bool:
    try:
        found = parse(number, None)
    except NumberParseException:
        return False
    return number_type(found) in _PREMIUM or region_code_for_number(found) == _NOWHERE
