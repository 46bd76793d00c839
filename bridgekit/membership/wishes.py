"""What a network says of who is in a chat and what they may do there, as wishes to be stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from bridgekit.events import Membership, MemberState
from bridgekit.facts import ChatInfo, Member, Rank
from bridgekit.ids import PortalID, RemoteUserID
from bridgekit.lru import LRU
from bridgekit.membership.powers import Powers
from bridgekit.membership.ranks import EVERYBODY, Standing
from bridgekit.models import Portal, Want
from bridgekit.richtext.canonical import one_line
from bridgekit.store.members import MemberRows

GONE = frozenset({MemberState.LEAVE, MemberState.KICK, MemberState.BAN})
OURS_TO_DO = frozenset({MemberState.KICK, MemberState.BAN, MemberState.INVITE})

InUse = Callable[[Collection[RemoteUserID], datetime | None], Awaitable[AbstractSet[RemoteUserID]]]
"""Which of these were people's logins then (None: are now), also while those are not connected."""


@dataclass(slots=True)
class Wished:
    """The wishes of one delivery, in order."""

    wants: list[Want] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    coming: Counter[PortalID] = field(default_factory=Counter)  # how many came, one by one

    def __bool__(self) -> bool:
        return bool(self.wants or self.standings)


@dataclass(slots=True)
class Unseen:
    """While a list of members is read: who should be in it and was not yet, with their ranks.

    `touched`: of whom the network told something newer since.
    """

    known: set[RemoteUserID] = field(default_factory=set)
    ranks: dict[RemoteUserID, Rank] = field(default_factory=dict)
    touched: set[RemoteUserID] = field(default_factory=set)


class Wishes:
    """For one network. `up_front`: of a chat with more members each joins when they first speak."""

    def __init__(
        self,
        rows: MemberRows,
        powers: Powers,
        up_front: int,
        echo: Callable[[RemoteUserID | None, AbstractSet[RemoteUserID]], bool],
        in_use: InUse,
        appears: Callable[[Portal, RemoteUserID], bool],
    ) -> None:
        """`appears`: whether somebody is there as themselves, and needs no ghost beside them."""
        self._rows, self._standings, self._underway = rows, powers.standings, powers.underway
        self.up_front, self._echo = up_front, echo
        self._in_use, self._appears = in_use, appears
        self._told: LRU[PortalID, bool] = LRU(10_000)
        self._reading: dict[PortalID, Unseen] = {}

    def forget(self) -> None:
        """The network may have changed unseen: no list of members counts any more."""
        self._told = LRU(10_000)

    def told(self, portal: PortalID) -> bool:
        """Whether a whole list came since."""
        return bool(self._told.get(portal))

    def tell(self, portal: PortalID) -> None:
        """Its list is known, or not to be had."""
        self._told.put(portal, True)

    @contextmanager
    def reading(self, portal: PortalID) -> Iterator[Unseen]:
        """While a list is read: of whom the network tells meanwhile, the list knows nothing new."""
        self._reading[portal] = Unseen()
        try:
            yield self._reading[portal]
        finally:
            del self._reading[portal]

    def _touch(self, portal: PortalID, user: RemoteUserID) -> None:
        if portal in self._reading:
            self._reading[portal].touched.add(user)

    async def begin(self, portal: PortalID, unseen: Unseen) -> None:
        """Know whom to expect in the list."""
        unseen.known = await self._rows.wanted_in(portal)
        unseen.ranks = await self._standings.above(portal)

    async def piece(
        self, portal: Portal, members: Iterable[Member], unseen: Unseen, *, join: bool
    ) -> Wished:
        """What a piece of a list says; `join`: the whole of it is short enough for all to join."""
        wished, new, ranks = Wished(), list[RemoteUserID](), list[Standing]()
        for one in members:
            known, rank = one.user in unseen.known, unseen.ranks.pop(one.user, Rank.MEMBER)
            unseen.known.discard(one.user)
            if one.user in unseen.touched:
                continue
            if one.rank is not rank:
                ranks.append(Standing(portal.id, one.user, one.rank))
            if join and not known and not self._is_ours(portal, one.user, frozenset()):
                new.append(one.user)
        wished.wants += await self._joins(portal.id, new)
        wished.standings += await self._underway.left(portal.id, ranks)
        return wished

    def _is_ours(self, portal: Portal, user: RemoteUserID, left: AbstractSet[RemoteUserID]) -> bool:
        """Whether no ghost is wanted: it is an account of ours, or of who is there themselves."""
        return self._echo(user, left) or self._appears(portal, user)

    async def _joins(self, portal: PortalID, users: Collection[RemoteUserID]) -> list[Want]:
        """Those of a list come; a list may name a login of ours that is about to come back."""
        ours = await self._in_use(users, None)
        return [Want(portal, user, MemberState.JOIN) for user in users if user not in ours]

    def gone(self, portal: PortalID, unseen: Unseen, size: int) -> Iterator[Wished]:
        """Who was not in the list, in pieces."""
        users = sorted((unseen.known | unseen.ranks.keys()) - unseen.touched)
        for start in range(0, len(users), size):
            some = users[start : start + size]
            yield Wished(
                [Want(portal, user, MemberState.LEAVE) for user in some if user in unseen.known],
                [Standing(portal, user, Rank.MEMBER) for user in some if user in unseen.ranks],
            )

    async def change(
        self,
        portal: Portal,
        change: Membership,
        actor: RemoteUserID | None,
        left: AbstractSet[RemoteUserID],
        wished: Wished,
    ) -> None:
        """One member's change; `left` has gone in the same delivery, ours or not."""
        self._touch(portal.id, change.user)
        gone = change.state in GONE  # and come back as an ordinary member
        if gone:
            wished.standings.append(Standing(portal.id, change.user, Rank.MEMBER))
        elif change.rank is not None:
            told = [Standing(portal.id, change.user, change.rank)]
            wished.standings += await self._news(portal, actor, left, told)
        # Who is invited is no member yet, and was none.
        if change.state is MemberState.INVITE or self._echo(change.user, left):
            return
        want = _want(portal.id, change, actor)
        if want.state is not MemberState.JOIN:
            wished.wants.append(want)
        elif self._appears(portal, change.user):
            return
        elif await self._may_come(portal.id, change.user, wished):
            wished.coming[portal.id] += 1
            wished.wants.append(want)

    async def _may_come(self, portal: PortalID, user: RemoteUserID, wished: Wished) -> bool:
        """Whether somebody is brought before they speak: they are there, or it is no large chat."""
        if await self._rows.actual(portal, user) is not None:
            return True
        return not await self._rows.at_least(portal, self.up_front - wished.coming[portal])

    async def whole(
        self,
        portal: Portal,
        info: ChatInfo,
        left: AbstractSet[RemoteUserID],
        wished: Wished,
    ) -> None:
        """A complete list: whoever is missing has left, whoever is ordinary has no rank."""
        self.tell(portal.id)
        members = info.members or ()
        present = {one.user for one in members if not self._is_ours(portal, one.user, left)}
        known = _with(portal.id, await self._rows.wanted_in(portal.id), wished.wants)
        wished.wants += [
            Want(portal.id, user, MemberState.LEAVE) for user in sorted(known - present)
        ]
        if info.up_front and len(present) <= self.up_front:
            wished.wants += await self._joins(portal.id, sorted(present - known))
        special = {one.user: one.rank for one in members if one.rank is not Rank.MEMBER}
        before = await self.ranks(portal.id, wished)
        changes = _changes(portal.id, before, special)
        wished.standings += await self._underway.left(portal.id, changes)

    async def ranks(self, portal: PortalID, wished: Wished) -> dict[RemoteUserID, Rank]:
        """Who is more or less than an ordinary member, with what came in this delivery."""
        ranks = await self._standings.above(portal)
        for one in wished.standings:
            if one.portal == portal and one.user != EVERYBODY:
                ranks[one.user] = one.rank
        return {user: rank for user, rank in ranks.items() if rank is not Rank.MEMBER}

    async def chat(
        self,
        portal: Portal,
        info: ChatInfo,
        actor: RemoteUserID | None,
        left: AbstractSet[RemoteUserID],
        wished: Wished,
    ) -> None:
        """Who may speak."""
        if info.may_speak is not None:
            told = [Standing(portal.id, EVERYBODY, info.may_speak)]
            wished.standings += await self._news(portal, actor, left, told)

    async def _news(
        self,
        portal: Portal,
        actor: RemoteUserID | None,
        left: AbstractSet[RemoteUserID],
        told: Sequence[Standing],
    ) -> Sequence[Standing]:
        """What somebody did over there is news; what nobody or we did, if it is not overtaken."""
        if actor is None or self._echo(actor, left):
            return await self._underway.left(portal.id, told)
        return told


def _want(portal: PortalID, change: Membership, actor: RemoteUserID | None) -> Want:
    reason = one_line(change.reason)
    match change.state:
        case MemberState.JOIN | MemberState.BAN as state:
            return Want(portal, change.user, state, reason, actor or EVERYBODY)
        case MemberState.KICK:
            return Want(portal, change.user, MemberState.LEAVE, reason, actor or EVERYBODY)
        case _:
            return Want(portal, change.user, MemberState.LEAVE, reason)


def _with(portal: PortalID, stored: set[RemoteUserID], wants: Iterable[Want]) -> set[RemoteUserID]:
    """Who should be in the room, with what came before in the same delivery."""
    for want in wants:
        if want.portal == portal:
            (stored.add if want.state is MemberState.JOIN else stored.discard)(want.user)
    return stored


def _changes(
    portal: PortalID, before: Mapping[RemoteUserID, Rank], now: Mapping[RemoteUserID, Rank]
) -> list[Standing]:
    lost = {user: Rank.MEMBER for user in before if user not in now}
    return [
        Standing(portal, user, rank)
        for user, rank in sorted({**lost, **now}.items())
        if before.get(user) is not rank
    ]
