"""Why a request is not answered: as a status and a sentence, each documented. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from bridgekit.commands.refusals import Mistyped, NotPermitted, Unknown
from bridgekit.errors import RetryLater


class Problem(BaseModel):
    """What is wrong, for people; and what a program may go by."""

    error: str = Field(description="What is wrong and what to do, for people.")
    code: str = Field(description="What kind of problem it is.")
    field: str | None = Field(default=None, description="The argument that is wrong.")
    rule: str | None = Field(default=None, description="The line of `permissions` that decided.")


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    problem: Problem
    headers: dict[str, str] = field(default_factory=dict)


STATUSES = {
    400: ("wrong", "What was sent is not what this takes."),
    401: ("unknown_caller", "The token is missing, or nobody's."),
    403: ("not_permitted", "Whoever asks may not: by the rules, the room, or the token's scope."),
    404: ("not_found", "There is no such thing, or nothing of it for whoever asks."),
    405: ("wrong_method", "This path has other methods."),
    409: ("refused", "It cannot be done; the sentence says why."),
    413: ("too_large", "The body is too large."),
    429: ("too_many", "Too many requests; come back after `Retry-After` seconds."),
    503: ("later", "It cannot be done now; come back after `Retry-After` seconds."),
}
"""Everything that may be answered beside 200: a code, and what it means."""


def problem(status: int, sentence: str, **fields: str | None) -> Refusal:
    code, _ = STATUSES[status]
    return Refusal(status, Problem(error=sentence, code=code, **fields))


def problem_of(error: Exception) -> Refusal:
    """What a `BridgekitError` means to a program."""
    match error:
        case Mistyped():
            return problem(400, str(error), field=error.field or None)
        case NotPermitted():
            return problem(403, str(error), rule=error.rule or None)
        case Unknown():
            return problem(404, str(error))
        case RetryLater():
            return later(503, str(error), error.after)
    return problem(409, str(error))


def later(status: int, sentence: str, after: float | None) -> Refusal:
    code, _ = STATUSES[status]
    wait = math.ceil(max(1.0, after or 5.0))
    return Refusal(status, Problem(error=sentence, code=code), {"Retry-After": str(wait)})
