"""Who on Telegram is who on Matrix: proved by a code that is shown on Matrix and said on Telegram.

The bot speaks for these people as for all others; but replies and mentions reach the real person.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from telegram import User

from bridgekit import Credentials, Host, LoginFlow, LoginState, Rejected
from bridges.telegram.ids import user_id
from bridges.telegram.speaking import person
from bridges.telegram.words import one_line

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
_LENGTH = 8
_MOST = 100  # codes at once

ASKED = (
    "{person} on Matrix says that this Telegram account is theirs. If you are {person}, press Yes:"
    " what is said to you here then reaches you there. If somebody else gave you this code, press"
    " No."
)
TAKEN = "Thank you: now go on in Matrix."
DECLINED = "Nothing was joined, and the code is no longer good."
UNKNOWN = "This code is not good, or no longer: sign in anew on Matrix, and give me the new one."
UNLINKED = "Your Telegram account no longer belongs to anybody on Matrix."
NOT_LINKED = "Your Telegram account belongs to nobody on Matrix."
NO_PERSON = "Only a person can be linked: write to me in private, and as yourself."
GIVEN_UP = "This Telegram account was taken back with /unlink; sign in again to use it here."


@dataclass(slots=True)
class _Waiting:
    """A code that was shown to `person`, of Matrix; `by` is who has said it on Telegram since."""

    person: str
    given: asyncio.Future[User]
    by: int | None = None


class Accounts:
    """Of one network."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._codes: dict[str, _Waiting] = {}

    async def login(self, flow: LoginFlow, bot: str) -> Credentials:
        """Show a code, and wait until somebody gives it to the bot. `bot` is its username."""
        if len(self._codes) >= _MOST:
            raise Rejected("Too many people sign in to Telegram just now; try again later.")
        code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        given: asyncio.Future[User] = asyncio.get_running_loop().create_future()
        self._codes[code] = _Waiting(one_line(flow.person), given)
        link = f"https://t.me/{bot}?start={code}"
        try:
            text = f"Open this link, or write to @{bot} on Telegram, in private: /link {code}"
            await flow.show(text, link=link, qr=link)
            user = await given
        finally:
            del self._codes[code]
        await self._host.save(_given_up(str(user.id)), None)
        return {"user": user_id(user.id), "name": person(user).name or ""}

    def redeem(self, code: str, user: User) -> tuple[str, str | None]:
        """Somebody says a code: the question to them, and the code that their answer is about.

        Whoever was sent a link by somebody else would have signed them in by opening it.
        """
        code = code.strip().upper()
        waiting = self._codes.get(code)
        if waiting is None or waiting.given.done():
            return UNKNOWN, None
        waiting.by = user.id
        return ASKED.format(person=waiting.person), code

    def answer(self, code: str, user: User, *, yes: bool) -> str:
        """Who has said a code says whether they are that person; the answer to them."""
        waiting = self._codes.get(code)
        if waiting is None or waiting.given.done() or waiting.by != user.id:
            return UNKNOWN
        if not yes:
            waiting.given.set_exception(Rejected("On Telegram, somebody said that it is not you."))
            return DECLINED
        waiting.given.set_result(user)
        return TAKEN

    async def unlink(self, user: User) -> str:
        """Somebody takes their account back; the answer to them."""
        named = user_id(user.id)
        theirs = [login for login in self._host.logins() if login.credentials.get("user") == named]
        if not theirs:
            return NOT_LINKED
        await self._host.save(_given_up(named), "yes")
        for login in theirs:
            self._host.state(login.id, LoginState.REFUSED, GIVEN_UP)
        return UNLINKED

    async def is_given_up(self, credentials: Mapping[str, str]) -> bool:
        """Whether whoever this is has taken their account back since."""
        return await self._host.load(_given_up(credentials["user"])) is not None


def _given_up(user: str) -> str:
    return f"unlinked {user}"
