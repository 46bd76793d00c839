"""One sign-in under way: what the adapter asks for, and what the person answers, from any front.

It is in memory only, and so are the answers: a restart ends it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping

from bridgekit.adapter import Field
from bridgekit.clock import Clock
from bridgekit.errors import LoginError, Rejected
from bridgekit.ids import LoginID, NetworkName, UserID
from bridgekit.sign_in.redirects import Awaited, Redirects
from bridgekit.sign_in.steps import Asking, Finished, Redirecting, Showing, Step, Waiting, checked

MOST_STEPS = 1000  # an adapter that asks for ever is at fault


class Session:
    """Is the adapter's `LoginFlow`. `login` is what is signed in to again; None: a new one."""

    def __init__(
        self,
        user: UserID,
        network: NetworkName,
        title: str,
        login: LoginID | None,
        redirects: Redirects,
        clock: Clock,
        *,
        relay: bool,
    ) -> None:
        self.id = secrets.token_urlsafe(18)
        self.user, self.network, self.title, self.login = user, network, title, login
        self.step: Step = Waiting("0")
        self._relay, self._redirects, self._clock = relay, redirects, clock
        self._key = secrets.token_bytes(16)
        self._answered: dict[str, bytes] = {}
        self._waiting: asyncio.Future[Mapping[str, str]] | None = None
        self._state = redirects.fresh()
        self._changed = asyncio.Event()
        self._listeners: list[Callable[[Step], None]] = []
        self.failed = False
        self.cancelled = asyncio.Event()
        self.ended = asyncio.Event()  # nothing can come of it any more, or it has

    # For the adapter

    @property
    def callback_url(self) -> str:
        return self._redirects.url

    @property
    def state(self) -> str:
        return self._state

    @property
    def person(self) -> str:
        return self.user

    @property
    def relay(self) -> bool:
        return self._relay

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        if not fields:
            return {}
        self._waiting = asyncio.get_running_loop().create_future()
        self._show(Asking(self._next(), fields))
        return await self._waiting

    async def show(self, text: str, *, link: str | None = None, qr: str | None = None) -> None:
        self._show(Showing(self._next(), text, link, qr))

    async def redirect(self, url: str) -> Mapping[str, str]:
        awaited = Awaited(self.title, self.user, self._relay)
        with self._redirects.open(self._state, awaited) as coming:
            self._show(Redirecting(self._next(), url))
            query = await coming
        self._state = self._redirects.fresh()
        self._show(Waiting(self._next()))
        return query

    # For the fronts

    @property
    def anew(self) -> str:
        """The command that begins the same again."""
        how = " --relay" if self._relay else ""
        how = how if self.login is None else f" --again {self.login}"
        return f"sign-in {self.network}{how}"

    @property
    def over(self) -> bool:
        return isinstance(self.step, Finished)

    def answer(self, step: str, answers: Mapping[str, str]) -> None:
        """Answer a step. The same again changes nothing; raises `Rejected` with what is wrong."""
        digest = self._digest(answers)
        known = self._answered.get(step)
        if known is not None:
            if not hmac.compare_digest(known, digest):
                raise Rejected("This step was answered already, with something else.")
            return
        now, waiting = self.step, self._waiting
        if not isinstance(now, Asking) or now.id != step or waiting is None or waiting.done():
            raise Rejected("Nothing is asked in this step (any more). Look at the present one.")
        given = checked(now.fields, answers)
        self._answered[step] = digest
        waiting.set_result(given)
        self._waiting = None
        self._show(Waiting(self._next()))

    async def changed(self, after: str, patience: float) -> Step:
        """The step that follows the step `after`, or the same one if that takes too long."""
        try:
            async with self._clock.timeout(patience):
                while self.step.id == after and not self.over:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass
        return self.step

    def listen(self, listener: Callable[[Step], None]) -> None:
        """Be told of each step, now and from now on."""
        self._listeners.append(listener)
        listener(self.step)

    def cancel(self) -> None:
        """The person gives up."""
        self.cancelled.set()

    # For who runs it

    def connecting(self) -> None:
        """All is answered, and the network lets them in or does not."""
        self._show(Waiting(self._next()))

    def finish(self, text: str, login: LoginID | None = None) -> None:
        """The last step."""
        if not self.over:
            self._show(Finished(self._next(), text, login))

    def fail(self, why: str) -> None:
        """The last step of one that came to nothing by what the person gave, or the network."""
        self.failed = True
        self.finish(why)

    def _show(self, step: Step) -> None:
        self.step = step
        self._changed.set()
        for listener in self._listeners:
            listener(step)

    def _next(self) -> str:
        number = int(self.step.id) + 1
        if number > MOST_STEPS:
            raise LoginError("This sign-in does not come to an end.")
        return str(number)

    def _digest(self, answers: Mapping[str, str]) -> bytes:
        """Tells answers apart without keeping them."""
        said = json.dumps(sorted(answers.items())).encode()
        return hmac.digest(self._key, said, hashlib.sha256)
