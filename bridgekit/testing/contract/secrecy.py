"""What nobody is to read in an error or a log: what signs us in, and what people have said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import BaseModel, SecretStr

from bridgekit.adapter import Login
from bridgekit.testing.contract.story import Broken

_SHORTEST = 8  # characters of a credential that is not taken for a name
_RUN = 12  # characters of a body in a row that are no chance
_ALL = 3  # characters of a body that say anything at all


def secrets(settings: Any, logins: Iterable[Login]) -> frozenset[str]:
    """All of the settings, and whatever is long enough of the credentials."""
    given = (value for login in logins for value in login.credentials.values())
    return frozenset({*_hidden(settings), *(one for one in given if len(one) >= _SHORTEST)} - {""})


def _hidden(settings: Any) -> Iterator[str]:
    match settings:
        case SecretStr():
            yield settings.get_secret_value()
        case BaseModel():
            for name in type(settings).model_fields:
                yield from _hidden(getattr(settings, name))
        case Mapping():
            for value in settings.values():
                yield from _hidden(value)
        case list() | tuple() | AbstractSet():
            for value in settings:
                yield from _hidden(value)


def expect_none_of(hidden: Iterable[str], said: Iterable[str]) -> None:
    """None of the secrets is in any of these."""
    for text in said:
        for secret in hidden:
            if secret in text:
                shown = text.replace(secret, "[the secret]")
                raise Broken(f"A secret is told to people, or to the log: {shown!r}.")


def expect_unquoted(body: bytes, why: str) -> None:
    """The reason for which something was set aside does not say what was in it."""
    readings = {
        body.decode("utf-8", "replace"),
        body.decode("latin-1"),
        repr(body)[2:-1],
    }
    runs = {run for reading in readings for run in _runs(reading)}
    quoted = next((run for run in sorted(runs) if run in why), None)
    if quoted is not None:
        raise Broken(
            f"What cannot be understood is quoted in the reason, {why!r}: that is logged, and may "
            "be somebody's words. Say of what kind it is; `set_aside` keeps the body."
        )


def _runs(text: str) -> Iterator[str]:
    """All of it where it is short."""
    if len(text) < _ALL:
        return
    yield from (text[at : at + _RUN] for at in range(max(len(text) - _RUN, 0) + 1))
