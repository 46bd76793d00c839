"""Jobs that let others pass: until their login connects, or until their target is known; and jobs
that wait for their login at the head of their lane.

Jobs about a message that is not bridged yet wait by what they wait for; the commit that makes the
link or the tombstone wakes them, never a timer (delivery rules 10 and 20).
"""

from __future__ import annotations

from typing import ClassVar

from bridgekit.errors import RetryLater
from bridgekit.ids import LoginID

CROWD = 500  # jobs of one lane that may wait for their targets, edits and redactions apart
PATIENCE = 300.0  # seconds for which a target may still turn up


class StepAside(Exception):  # noqa: N818 (an instruction to the lane)
    """Not now; the job waits for what `key` names, and what comes behind it goes on."""

    prefix: ClassVar[str]
    cause: ClassVar[str]  # what the step record calls the wait

    def __init__(self, name: str) -> None:
        self.key = f"{self.prefix}{name}"
        super().__init__(self.key)


class Hold(StepAside):
    """Until its login is connected. `why` the network refuses that, where it does."""

    prefix = "login "
    cause = "login"

    def __init__(self, login: LoginID, why: str = "") -> None:
        super().__init__(login)
        self.login, self.why = login, why


class Alone(Hold):
    """As long as nobody knows whether the login is refused, or this message through it."""

    prefix = "refused "


class Stay(RetryLater):
    """Not now; it and all behind it wait until its login is connected, or surely never will be."""

    def __init__(self, login: LoginID, why: str) -> None:
        super().__init__(why)
        self.key = for_login(login)


class Park(StepAside):
    """Until the event or message that it is about is bridged, or surely never will be."""

    prefix = "about "
    cause = "parked"

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


def for_login(login: LoginID) -> str:
    return f"{Hold.prefix}{login}"


def for_one_alone(login: LoginID) -> str:
    return f"{Alone.prefix}{login}"


def for_target(target: str) -> str:
    return f"{Park.prefix}{target}"
