"""What a gateway's own codes mean where it refuses something, beside the statuses of HTTP."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from bridgekit import LoginError, Rejected, RetryLater, Scope
from bridges.sms.http import Answer, judge
from bridges.sms.opt_out import OptedOutError
from bridges.sms.status import OPTED_OUT, REASONS

_LONGEST = 200  # letters of what a gateway says


class PartlyTakenError(Rejected):
    """Some parts of a text were taken and others refused: no other gateway may be tried."""


@dataclass(frozen=True, slots=True)
class Codes:
    """`busy` asks for a pause, `account` is no fault of the message's.

    `said` is where the code and the words are in what it answers. `message`: what codes of faults
    of the message begin with, where they do.
    """

    title: str
    said: Callable[[Any], tuple[object, object]] = lambda _: ("", "")
    busy: Collection[str] = ()
    account: Collection[str] = ()
    message: str = ""

    def judge(self, answer: Answer) -> None:
        """Raise what an answer means that is no success: by its code, else by its status."""
        if answer.status < HTTPStatus.BAD_REQUEST:
            return judge(answer, self.title)
        code, why = self._said(answer)
        if code in self.busy:
            raise RetryLater(f"{self.title} asks for a pause.", answer.retry_after, Scope.LOGIN)
        if code in self.account:
            raise LoginError(f"{self.title} does not accept the account. It says: {why}")
        if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._of_message(code, why)
        return judge(answer, self.title, why)

    def _said(self, answer: Answer) -> tuple[str, str]:
        try:
            code, why = self.said(answer.json())
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return "", ""
        return str(code or ""), str(why or "")[:_LONGEST]

    def _of_message(self, code: str, why: str) -> None:
        if code in OPTED_OUT:
            raise OptedOutError(REASONS[code])
        if code in REASONS:
            raise Rejected(REASONS[code])
        if self.message and code.startswith(self.message):
            raise Rejected(f"{self.title} refused it. It says: {why or code}")
