"""The steps of a sign-in, as every front shows them. Pure.

What a person answers is in none of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridgekit.adapter import Field
from bridgekit.errors import Rejected
from bridgekit.ids import LoginID

LONGEST = 4096  # characters of an answer; tokens have some hundred


@dataclass(frozen=True, slots=True)
class Asking:
    """Answers are wanted, by the names of the fields."""

    id: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """It is not the person's turn; soon there is something else."""

    id: str


@dataclass(frozen=True, slots=True)
class Showing:
    """Something to look at, in place of what was shown. Nothing is to be answered."""

    id: str
    text: str
    link: str | None = None
    qr: str | None = None  # what is to be drawn as a QR code


@dataclass(frozen=True, slots=True)
class Redirecting:
    """A page to open in a browser, which comes back by itself."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end: under which login, or why not."""

    id: str
    text: str
    login: LoginID | None = None


Step = Asking | Waiting | Showing | Redirecting | Finished


def checked(fields: Sequence[Field], answers: Mapping[str, str]) -> dict[str, str]:
    """The answers as the adapter gets them; `Rejected` names everything that is wrong with them.

    No sentence repeats what was answered.
    """
    known = {field.name: field for field in fields}
    faults = []
    if not answers.keys() <= known.keys():  # unnamed, since it may be an answer without its field
        faults.append(f"There is no such field; there are: {', '.join(known)}.")
    given: dict[str, str] = {}
    for field in fields:
        answer = answers.get(field.name, "").strip()
        fault = _fault(field, answer)
        if fault is not None:
            faults.append(f"{field.name}: {fault}")
        elif answer:
            given[field.name] = answer
    if faults:
        raise Rejected(" ".join(faults))
    return given


def _fault(field: Field, answer: str) -> str | None:
    if not answer:
        return None if field.optional else "an answer is needed."
    if len(answer) > LONGEST or "\0" in answer:
        return f"an answer has at most {LONGEST} characters, all of which can be written."
    if field.choices and answer not in field.choices:
        return f"answer one of: {', '.join(field.choices)}."
    if field.pattern is not None and re.fullmatch(field.pattern, answer) is None:
        wanted = field.prompt.rstrip(".")
        return f"this does not look as it should; look for a mistake in it. Wanted is: {wanted}."
    return None
