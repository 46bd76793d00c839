"""What a network delivered, sorted into what is stored of it: jobs, wishes, what is set aside.

Nothing here has an effect; `host.py` stores it all in one commit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import Any

from bridgekit.adapter import Role
from bridgekit.clock import Clock
from bridgekit.codec import dump
from bridgekit.events import (
    ChatChange,
    Content,
    Edit,
    Membership,
    MemberState,
    Message,
    Raw,
    RemoteEvent,
    Unsupported,
)
from bridgekit.facts import Chat, ChatInfo, Member, UserInfo
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID, RemoteUserID
from bridgekit.journey import millis
from bridgekit.models import Draft, Flow, Portal, PortalState, SetAside, Want, lane_to_matrix
from bridgekit.portals import Portals, key_of
from bridgekit.reasons import Reason
from bridgekit.richtext.canonical import one_line
from bridgekit.store.people import People

UP_FRONT = 200  # of a larger chat, ghosts join when they first speak
GONE = frozenset({MemberState.LEAVE, MemberState.KICK, MemberState.BAN})
TOO_OLD = timedelta(days=90)  # `seen` keys live as long: older, nobody knows whether it was bridged


@dataclass(slots=True)
class Intake:
    """What one `receive` call stores in one commit, and what it counts once that is done."""

    drafts: list[Draft] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    people: list[UserInfo] = field(default_factory=list)
    counts: list[Reason] = field(default_factory=list)
    keys: dict[str, list[Content]] = field(default_factory=dict)
    left: set[RemoteUserID] = field(default_factory=set)  # seen by the listener

    def __bool__(self) -> bool:
        return bool(self.drafts or self.wants or self.aside)


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are on this network: asked per event, since it changes."""

    role: Callable[[LoginID, ChatID], Role]
    owned: Callable[[LoginID], bool]
    is_our_echo: Callable[
        [RemoteUserID | None, AbstractSet[RemoteUserID]], bool
    ]  # but for who left
    lingering: Callable[[ChatID], AbstractSet[RemoteUserID]]


class Sorter:
    """For one network."""

    def __init__(
        self, network: NetworkName, portals: Portals, people: People, clock: Clock, us: Us
    ) -> None:
        self._network, self._portals, self._people = network, portals, people
        self._clock, self._us = clock, us

    async def take(self, login: LoginID, event: RemoteEvent[Content] | Raw, intake: Intake) -> None:
        """Add to `intake` what is to be stored of `event`."""
        if not storable(event):
            why = "one of its identifiers is not valid Unicode text"
            intake.aside.append(self.aside(login, repr(event).encode("ascii", "replace"), why))
            return
        change = None if isinstance(event, Raw) else event.content
        listens = self._us.role(login, event.chat.id) is Role.LISTEN
        match change:
            case Membership(user=user, state=MemberState.JOIN) if listens:
                intake.left.add(user)  # whoever comes under an ID that was ours is somebody else
        portal = await self._portal(login, event.chat, intake)
        if portal is not None:
            await self._keep(login, portal, event, intake)
        match change:
            case Membership(user=user, state=state) if listens and state in GONE:
                intake.left.add(user)
            case ChatChange(info=ChatInfo(members=members)) if listens and members is not None:
                present = {one.user for one in members}
                intake.left |= self._us.lingering(event.chat.id) - present

    async def _keep(
        self, login: LoginID, portal: Portal, event: RemoteEvent[Content] | Raw, intake: Intake
    ) -> None:
        if isinstance(event, Raw):
            intake.drafts.append(self._raw_draft(portal, event))
            return
        intake.people.extend(event.people)
        match event.content:
            case Membership() as change:
                intake.wants.extend(self._want(portal, change, intake))
            case ChatChange(info=ChatInfo(members=members)) if members is not None:
                intake.people.extend(UserInfo(id=one.user, name=one.name) for one in members)
                intake.wants.extend(await self._all_members(portal, members, intake))
            case Message() | Unsupported():
                self._said(login, portal, event, intake)
            case _:
                intake.counts.append(Reason.NOT_BRIDGED_KIND)

    def aside(self, login: LoginID, body: bytes, why: str) -> SetAside:
        text = body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        return SetAside(f"{self._network} login {login}", text, why, millis(self._clock))

    async def _portal(self, login: LoginID, chat: Chat, intake: Intake) -> Portal | None:
        """The portal that an event goes to; None where a rule drops it, counted."""
        if not chat.private and self._us.role(login, chat.id) is not Role.LISTEN:
            intake.counts.append(Reason.DUPLICATE)
            return None
        if chat.private and not self._us.owned(login):
            # a private chat with the bridge itself: nobody reads it
            intake.counts.append(Reason.NOT_LINKED)
            return None
        portal = await self._portals.ensure(key_of(self._network, chat, login))
        if portal.state is PortalState.NEW and not chat.private:
            intake.counts.append(Reason.NOT_LINKED)
            return None
        if portal.flow is Flow.TO_NETWORK:
            intake.counts.append(Reason.ONE_WAY)
            return None
        return portal

    def _said(
        self, login: LoginID, portal: Portal, event: RemoteEvent[Content], intake: Intake
    ) -> None:
        now = self._clock.now()
        at = event.at or now
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if self._us.is_our_echo(event.sender, intake.left) and event.txn is None:
            intake.counts.append(Reason.OWN_ECHO)
        elif now - at > TOO_OLD:
            why = "it is older than what the bridge remembers, so it may be a repetition"
            intake.aside.append(self.aside(login, dump(event).encode(), why))
        else:
            # A network whose clock is fast must not put an event behind all later ones.
            intake.drafts.append(self._draft(portal, replace(event, at=min(at, now)), intake))

    def _draft(self, portal: Portal, event: RemoteEvent[Content], intake: Intake) -> Draft:
        seen = []
        if event.id is not None:
            stamp = event.content.stamp if isinstance(event.content, Edit) else ""
            seen.append(f"r:{portal.id}:{event.id}:{stamp}")
        if event.key is not None:
            seen.append(f"k:{self._network}:{self._key(event.key, event.content, intake)}")
        unique = event.id or secrets.token_hex(12)
        return Draft(
            lane=lane_to_matrix(portal.id),
            key=f"r:{portal.id}:{unique}",
            kind=type(event.content).__name__,
            body=dump(event),
            source=event.id or "",
            received_at=millis(self._clock),
            seen=tuple(seen),
        )

    def _key(self, key: str, content: Content, intake: Intake) -> str:
        """One delivery may hold several things, and comes again with the same ones in order."""
        delivered = intake.keys.setdefault(key, [])
        if content not in delivered:
            delivered.append(content)
        place = delivered.index(content)
        return f"{key}#{place}" if place else key

    def _raw_draft(self, portal: Portal, raw: Raw) -> Draft:
        key = f"k:{self._network}:{raw.key}"
        now = millis(self._clock)
        return Draft(lane_to_matrix(portal.id), key, "Raw", dump(raw), raw.key, now, (key,))

    def _want(self, portal: Portal, change: Membership, intake: Intake) -> Iterable[Want]:
        # Who is invited is no member yet, and was none.
        ours = self._us.is_our_echo(change.user, intake.left)
        if ours or change.state is MemberState.INVITE:
            return ()
        state = MemberState.JOIN if change.state is MemberState.JOIN else MemberState.LEAVE
        return (Want(portal.id, change.user, state, one_line(change.reason)),)

    async def _all_members(
        self, portal: Portal, members: Sequence[Member], intake: Intake
    ) -> Sequence[Want]:
        everyone = {one.user for one in members}
        present = {one for one in everyone if not self._us.is_our_echo(one, intake.left)}
        known = self._wanted(portal.id, await self._people.wanted_in(portal.id), intake)
        gone = [Want(portal.id, user, MemberState.LEAVE) for user in sorted(known - present)]
        if len(present) > UP_FRONT:
            return gone
        return gone + [Want(portal.id, user, MemberState.JOIN) for user in sorted(present - known)]

    def _wanted(
        self, portal: PortalID, stored: set[RemoteUserID], intake: Intake
    ) -> set[RemoteUserID]:
        """Who should be in the room, with what came before in the same delivery."""
        for want in intake.wants:
            if want.portal == portal:
                (stored.add if want.state is MemberState.JOIN else stored.discard)(want.user)
        return stored


def storable(event: RemoteEvent[Any] | Raw) -> bool:
    """Whether the IDs can be kept: databases take no lone surrogates and no NUL."""
    words: list[str | None] = [event.chat.id, event.key]
    if not isinstance(event, Raw):
        words += [event.sender, event.id, event.txn, *(info.id for info in event.people)]
        match event.content:
            case Membership(user=user):
                words.append(user)
            case ChatChange(info=ChatInfo(members=members)):
                words += [member.user for member in members or ()]
    return all(_utf8(word or "") for word in words)


def _utf8(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in word
