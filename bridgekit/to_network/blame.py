"""Whose fault a refusal is: the login's, or that of the one message that was refused.

Most networks refuse a login whatever it says. Some answer a single message so, each time: then the
login is let in again and refused for it again, and for a day nobody else gets a word in. So a
message that is refused again by a network that has let the login in since is put off alone; and
where the network takes something else through this login, it ends, and says so.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace

from bridgekit.adapter import LoginState
from bridgekit.errors import LoginError, RetryLater
from bridgekit.ids import JobID, LoginID
from bridgekit.lanes.aside import Aside
from bridgekit.lanes.journey import Journey
from bridgekit.lanes.parking import Alone, Hold
from bridgekit.login.logins import Logins
from bridgekit.login.refused import REFUSED_FOR
from bridgekit.models import Lane
from bridgekit.reasons import Reason
from bridgekit.to_network.failure import Failed, line_of
from bridgekit.to_network.underway import Blamed, Underway

AT_ONCE = 5.0  # seconds after a refusal in which an account is not mended


@dataclass(slots=True)
class _Passed:
    """The jobs of a lane that let others pass, the last one since then."""

    at: float = 0.0
    jobs: set[JobID] = field(default_factory=set)


class Blame:
    """Of all lanes to networks. What it knows of a job ends with it, and with the process."""

    def __init__(self, aside: Aside, underway: MutableMapping[JobID, Underway]) -> None:
        self._aside, self._underway = aside, underway
        self._passed: dict[tuple[Lane, LoginID], _Passed] = {}

    def check(self, journey: Journey, logins: Logins, login: LoginID) -> None:
        """Before it is sent. Raises `Failed` where what came behind it was taken, it was not.

        Raises `Alone` where one before it is to be tried again first: what is said later shows
        nothing of why that was refused, and would be sent before it.
        """
        job, key = journey.job, (journey.job.lane, login)
        blamed = self._blamed(job.id)
        if blamed is not None and blamed.proven:
            raise _failed(blamed.why)
        passed = self._passed.get(key)
        if passed is None:
            return
        passed.jobs.discard(job.id)
        if not passed.jobs or journey.clock.monotonic() - passed.at > AT_ONCE:
            del self._passed[key]
            if passed.jobs and job.id > min(passed.jobs):
                logins.refused.ready(login)
                raise Alone(login)

    def took(self, journey: Journey, logins: Logins, login: LoginID) -> None:
        """The network has taken this job."""
        logins.refused.takes(login)
        passed = self._passed.pop((journey.job.lane, login), None)
        for job in () if passed is None else passed.jobs:
            blamed = self._blamed(job)
            if blamed is not None and job < journey.job.id:
                self._underway[job].blamed = replace(blamed, proven=True)
                logins.refused.ready(login)

    def refused(
        self, journey: Journey, logins: Logins, login: LoginID, error: LoginError
    ) -> Hold | RetryLater | None:
        """What the job does now; None: it fails with its login. Raises `Failed` if it is alone."""
        refused, why, job = logins.refused, str(error), journey.job
        if not refused.let_in(login):
            return self._with_login(logins, login, why)
        was, taken = self._blamed(job.id), refused.taken(login)
        if was is not None and taken > was.taken:
            raise _failed(why) from error
        self._underway.setdefault(job.id, Underway()).blamed = Blamed(why, taken)
        if was is None:
            return self._with_login(logins, login, why)
        if not self._aside.followed(job.lane):
            return RetryLater(why, after=REFUSED_FOR)
        # What comes behind it shows at once whose fault it is; one of the two is not sent.
        passed = self._passed.setdefault((job.lane, login), _Passed())
        passed.jobs.add(job.id)
        passed.at = journey.clock.monotonic()
        refused.one_waits(login)
        return Alone(login, why)

    def _with_login(self, logins: Logins, login: LoginID, why: str) -> Hold | None:
        logins.end(login, LoginState.REFUSED, why)
        return Hold(login, why) if logins.refused.keeps(login) else None

    def _blamed(self, job: JobID) -> Blamed | None:
        underway = self._underway.get(job)
        return None if underway is None else underway.blamed


def _failed(why: str) -> Failed:
    said = f"The network takes what others say, and refuses the login for this. {line_of(why)}"
    return Failed(Reason.REJECTED, said)
