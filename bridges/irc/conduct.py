"""What people on Matrix do to a channel and to who is in it, done under their own nick."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bridgekit import ChatChange, ChatID, Membership, MemberState, Rejected, RemoteUserID
from bridges.irc.acquaintance import Acquaintance
from bridges.irc.acts import Act, Whom, chat_acts, member_acts, part
from bridges.irc.network import Network, OwnLogin
from bridges.irc.nicks import is_channel
from bridges.irc.session import Session


@dataclass(slots=True)
class Conduct:
    """Of one connection.

    `nick` spells somebody, or raises `Rejected`; `enter` brings us into a channel, and `act` does
    one thing there and waits for what becomes of it.
    """

    own: OwnLogin
    session: Session
    network: Network
    acquaintance: Acquaintance
    nick: Callable[[RemoteUserID], str]
    enter: Callable[[ChatID], Awaitable[None]]
    act: Callable[[Act], Awaitable[None]]

    async def do(self, chat: ChatID, acts: Sequence[Act]) -> None:
        """One after another, in `chat`."""
        await self.enter(chat)  # of a person: nothing happens
        for act in acts:
            await self.act(act)

    async def set_member(self, chat: ChatID, change: Membership) -> None:
        if change.user == self.own.me and change.rank is None:
            await self._move(chat, change)
            return
        nick = self.nick(change.user)
        await self.enter(chat)
        banning = change.state is MemberState.BAN
        ban = await self.acquaintance.mask(chat, change.user) if banning else ""
        banned = tuple(self.network.bans.masks(chat, change.user))
        whom = Whom(nick, self.network.modes(chat, change.user), ban, banned)
        acts = member_acts(chat, change, whom, self.session.source, self.session.features)
        await self.do(chat, acts)

    async def _move(self, chat: ChatID, change: Membership) -> None:
        """Our own coming and going."""
        if change.state is MemberState.JOIN:
            await self.enter(chat)
        elif chat in self.own.channels:
            await self.do(chat, [part(chat, change.reason, self.session.source)])

    async def change_chat(self, chat: ChatID, change: ChatChange) -> None:
        if not is_channel(chat):
            raise Rejected("A private conversation on IRC has nothing that could be changed.")
        await self.do(chat, chat_acts(chat, change.info, self.session.features))
