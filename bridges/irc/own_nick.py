"""The nick that somebody from Matrix has, and how they come by another: they say so, or are
called otherwise on Matrix.
"""

from collections.abc import Awaitable, Callable

from bridgekit import Credentials, Host, Login
from bridges.irc.acts import Act
from bridges.irc.identities import chosen, with_nick
from bridges.irc.reclaim import Reclaim
from bridges.irc.session import Session


class OwnNick:
    """Of one connection. `perform` sends an act and waits for what becomes of it."""

    def __init__(
        self,
        login: Login,
        session: Session,
        host: Host,
        reclaim: Reclaim,
        perform: Callable[[Act], Awaitable[None]],
    ) -> None:
        self._login, self._credentials = login.id, login.credentials
        self._person = login.person is not None
        self._session, self._host = session, host
        self._reclaim, self._perform = reclaim, perform

    async def choose(self, nick: str) -> str:
        """What the person wants to be called; returns what they are called then.

        It is kept: the next connection asks for it as well.
        """
        await self._take(nick)
        await self._keep(with_nick(self._credentials, self._session.nick))
        return self._session.nick

    async def follow(self, credentials: Credentials, nick: str) -> None:
        """Sign in with these from the next connection on, and have their `nick` now.

        Raises `Rejected` or `RetryLater` where it cannot be had now.
        """
        await self._keep(credentials)
        nick = nick[: self._session.features.nick_length]
        if nick != self._reclaim.wanted:
            await self._take(nick)

    async def recognised(self) -> None:
        """Services know the person: the nick that they ask for stays theirs, as if chosen."""
        if self._person and not chosen(self._credentials):
            await self._keep(with_nick(self._credentials, self._reclaim.wanted))

    async def _take(self, nick: str) -> None:
        before = self._reclaim.wanted
        self._reclaim.want(nick)  # else the old one is asked back
        try:
            await self._perform(Act("NICK", (nick,), f"call you {nick}"))
        except BaseException:
            self._reclaim.want(before)
            raise
        self._reclaim.want(self._session.nick)

    async def _keep(self, credentials: Credentials) -> None:
        self._credentials = credentials
        await self._host.credentials_changed(self._login, credentials)
