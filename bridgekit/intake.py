"""What a network delivered, sorted into what is stored of it: jobs, wishes, what is set aside.

Nothing here has an effect; `host.py` stores it all in one commit.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from bridgekit.adapter import Role
from bridgekit.clock import Clock
from bridgekit.codec import dump
from bridgekit.ephemeral.noticed import Noticed, notice
from bridgekit.events import (
    ChatChange,
    Content,
    Membership,
    MemberState,
    Message,
    Moved,
    Raw,
    Receipt,
    RemoteEvent,
    Typing,
    Unsupported,
)
from bridgekit.facts import Chat, ChatInfo, UserInfo
from bridgekit.ids import ChatID, LoginID, MessageID, NetworkName, RemoteUserID
from bridgekit.incoming import dated, identity, source_of, storable, too_old
from bridgekit.lanes.journey import millis
from bridgekit.login.logins import Logins
from bridgekit.membership.wishes import GONE, OURS_TO_DO, InUse, Wished, Wishes
from bridgekit.models import Draft, Flow, Portal, PortalState, SetAside, lane_to_matrix
from bridgekit.moderation.moderation import Moderation
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals, key_of
from bridgekit.shallow import shallow_event


@dataclass(slots=True)
class Intake:
    """What one `receive` call stores in one commit, and what it counts once that is done."""

    drafts: list[Draft] = field(default_factory=list)
    wished: Wished = field(default_factory=Wished)
    aside: list[SetAside] = field(default_factory=list)
    people: list[UserInfo] = field(default_factory=list)
    counts: list[Reason] = field(default_factory=list)
    keys: dict[str, list[Content]] = field(default_factory=dict)
    left: set[RemoteUserID] = field(default_factory=set)  # seen by the listener
    noticed: Noticed = field(default_factory=Noticed)
    past: bool = False  # it was asked for, however long ago it was

    def __bool__(self) -> bool:
        return bool(self.drafts or self.wished or self.aside or self.noticed.receipts)


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are on this network: asked per event, since it changes."""

    role: Callable[[LoginID, ChatID], Role]
    owned: Callable[[LoginID], bool]
    logins: Callable[[], Logins]
    in_use: InUse
    opens: Callable[[], bool]
    """Whether a chat that begins with our own login may have a room now."""
    moved: Callable[[], Awaitable[None]]
    """A chat goes by another ID, and that is where its listener should be."""


class Sorter:
    """For one network."""

    def __init__(
        self,
        network: NetworkName,
        portals: Portals,
        wishes: Wishes,
        clock: Clock,
        us: Us,
        moderation: Moderation,
    ) -> None:
        self._network, self._portals, self._wishes = network, portals, wishes
        self._clock, self._us, self._moderation = clock, us, moderation
        self._began = clock.now()

    async def knows(self, login: LoginID, chat: Chat, message: MessageID) -> bool:
        """See `Host.knows`."""
        portal = await self._portals.find(key_of(self._network, chat, login))
        if portal is None:
            return False
        links, deleted = await self._portals.rows.known(portal.id, message)
        return bool(links) or deleted

    async def take(self, login: LoginID, event: RemoteEvent[Content] | Raw, intake: Intake) -> None:
        """Add to `intake` what is to be stored of `event`."""
        event = event if isinstance(event, Raw) else shallow_event(event)
        if not storable(event):
            why = "one of its identifiers is not valid Unicode text"
            intake.aside.append(self.aside(login, repr(event).encode("ascii", "replace"), why))
            return
        event = event if isinstance(event, Raw) else dated(event, self._clock.now())
        change = None if isinstance(event, Raw) else event.content
        listens = self._us.role(login, event.chat.id) is Role.LISTEN
        match change:
            case Membership(user=user, state=MemberState.JOIN) if listens:
                intake.left.add(user)  # whoever comes under an ID that was ours is somebody else
        heard = listens or self._reads_own(login, event)
        portal = await self._portal(login, event.chat, intake, heard=heard)
        if portal is not None:
            await self._keep(login, portal, event, intake)
        match change:
            case Membership(user=user, state=state) if listens and state in GONE:
                intake.left.add(user)
            case ChatChange(info=ChatInfo(members=members)) if listens and members is not None:
                present = {one.user for one in members}
                intake.left |= self._us.logins().identities.lingering(event.chat.id) - present

    async def _keep(
        self, login: LoginID, portal: Portal, event: RemoteEvent[Content] | Raw, intake: Intake
    ) -> None:
        if isinstance(event, Raw):
            intake.drafts.append(self._raw_draft(portal, event))
            return
        intake.people.extend(event.people)
        match event.content:
            case Membership() as change:
                await self._membership(portal, event, change, intake)
            case ChatChange(info=info):
                if info.members is not None or info.may_speak is not None:
                    await self._standing(portal, event.sender, info, intake)
                rest = replace(info, id=None, members=None, up_front=True, may_speak=None)
                if rest != ChatInfo():
                    await self._said(login, portal, event, intake)
            case Receipt() | Typing():
                self._noticed(portal, event, intake)
            case Moved(new=new):
                # At once: what is said under the new ID comes before its job is worked on.
                await self._portals.move(portal, new)
                await self._us.moved()
                await self._said(login, portal, event, intake)
            case _:
                await self._said(login, portal, event, intake)

    def _noticed(self, portal: Portal, event: RemoteEvent[Content], intake: Intake) -> None:
        if self._us.logins().is_our_echo(event.sender, intake.left):
            intake.counts.append(Reason.OWN_ECHO)
            return
        why_not = notice(intake.noticed, portal, event, self._clock.now())
        if why_not is not None:
            intake.counts.append(why_not)

    def aside(self, login: LoginID, body: bytes, why: str) -> SetAside:
        text = body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        return SetAside(f"{self._network} login {login}", text, why, millis(self._clock))

    def _reads_own(self, login: LoginID, event: RemoteEvent[Content] | Raw) -> bool:
        """How far somebody has read in their other clients: nobody hears that but their login."""
        if isinstance(event, Raw) or not isinstance(event.content, Receipt):
            return False
        return self._us.logins().identities.holder(event.sender) == login

    async def _portal(
        self, login: LoginID, chat: Chat, intake: Intake, *, heard: bool
    ) -> Portal | None:
        """The portal that an event goes to; None where a rule drops it, counted."""
        if not chat.private and not heard:
            intake.counts.append(Reason.DUPLICATE)
            return None
        if chat.private and not self._us.owned(login):
            # a private chat with the bridge itself: nobody reads it
            intake.counts.append(Reason.NOT_LINKED)
            return None
        portal = await self._portals.ensure(key_of(self._network, chat, login))
        if portal.state is PortalState.NEW and not chat.private:
            whole = await self._portals.whole(portal, chat)
            if whole is None and not self._us.opens():
                intake.counts.append(Reason.NOT_LINKED)
                return None
            portal = await self._portals.want(portal, None if whole is None else whole.flow)
        if portal.flow is Flow.TO_NETWORK:
            intake.counts.append(Reason.ONE_WAY)
            return None
        return portal

    async def _said(
        self, login: LoginID, portal: Portal, event: RemoteEvent[Content], intake: Intake
    ) -> None:
        if event.txn is None and await self._is_ours(event, intake):
            intake.counts.append(Reason.OWN_ECHO)
        elif not intake.past and too_old(event, self._clock.now()):
            why = "its time (`at`) is more than 90 days ago, so it may be a repetition"
            intake.aside.append(self.aside(login, dump(event).encode(), why))
        else:
            draft = self.draft(portal, event, intake)
            known_by = draft.seen[-1] if draft.seen else ""
            # What a login of ours says may be the echo of what its person said on Matrix.
            counted = not intake.past and self._us.logins().holder(event.sender) is None
            objection = self._moderation.of_message(portal, event, known_by, counted=counted)
            if objection is None:
                intake.drafts.append(draft)
            else:
                intake.counts.append(objection)

    async def _is_ours(self, event: RemoteEvent[Content], intake: Intake) -> bool:
        """What comes late may have been said by a login that is not connected (again) yet."""
        if self._us.logins().is_our_echo(event.sender, intake.left):
            return True
        if event.sender is None or event.at is None or not (intake.past or event.at < self._began):
            return False
        return event.sender in await self._us.in_use([event.sender], event.at)

    def draft(self, portal: Portal, event: RemoteEvent[Content], intake: Intake) -> Draft:
        """The job that shows `event`: one, however often it is received."""
        seen = []
        name = identity(event)
        if name is not None:
            seen.append(f"r:{portal.id}:{name}")
        if event.key is not None:
            seen.append(f"k:{self._network}:{self._key(event.key, event.content, intake)}")
        unique = name or secrets.token_hex(12)
        return Draft(
            lane=lane_to_matrix(portal.id),
            key=f"r:{portal.id}:{unique}",
            kind=type(event.content).__name__,
            body=dump(event),
            source=source_of(event),
            received_at=millis(self._clock),
            seen=tuple(seen),
            shows=event.id if isinstance(event.content, Message | Unsupported) else None,
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

    async def _membership(
        self, portal: Portal, event: RemoteEvent[Content], change: Membership, intake: Intake
    ) -> None:
        await self._wishes.change(portal, change, event.sender, intake.left, intake.wished)
        put_out = change.state in OURS_TO_DO or (
            change.state is MemberState.LEAVE and event.sender not in (None, change.user)
        )
        if put_out and self._us.logins().is_our_echo(change.user, intake.left):
            # Who it is about is a person on Matrix: rare, and worth an outcome of its own.
            intake.drafts.append(self.draft(portal, event, intake))

    async def _standing(
        self, portal: Portal, actor: RemoteUserID | None, info: ChatInfo, intake: Intake
    ) -> None:
        """Who is there, and who may do what."""
        if info.members is not None:
            if info.up_front:  # else each is named with what they say
                intake.people.extend(UserInfo(id=one.user, name=one.name) for one in info.members)
            await self._wishes.whole(portal, info, intake.left, intake.wished)
        await self._wishes.chat(portal, info, actor, intake.left, intake.wished)
