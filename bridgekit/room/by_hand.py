"""Rooms linked to chats and unlinked again because somebody says so, who first hears what follows.

Whether they may at all, by the rules and by the power levels of the room, was asked before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridgekit.clock import Clock
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import LoginID, NetworkName, PortalKey, RoomID, UserID
from bridgekit.login.logins import OFF, NotConnected
from bridgekit.matrix.encrypted import reads
from bridgekit.matrix.intents import Intents
from bridgekit.models import Flow, Portal, PortalState
from bridgekit.moderation.policies import Policies
from bridgekit.networks import Network, Networks
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.circles import Circles, ClosesCircle
from bridgekit.room.consent import Consent
from bridgekit.room.elsewhere import OtherBridge, other_bridges
from bridgekit.room.finding import chat_meant
from bridgekit.room.linking import Linking
from bridgekit.room.portals import AlreadyLinked, Portals
from bridgekit.room.preview import Preview
from bridgekit.room.standing import may_set
from bridgekit.supports import SupportsChats
from bridgekit.to_matrix.lookup import must_tell

PATIENCE = 10.0  # seconds that entering a chat may take

OWN_ROOM = (
    "This is somebody's own room with me, where passwords may be said: afterwards all that is said "
    "here would go to the chat. Link another room."
)
WAYS = {
    Flow.BOTH: "in both directions",
    Flow.TO_MATRIX: "from there to this room only",
    Flow.TO_NETWORK: "from this room to there only",
}


@dataclass(frozen=True, slots=True)
class LinkAsked:
    """`chat` is as people write it; `by` None: the operator of the bridge."""

    by: UserID | None
    network: NetworkName
    chat: str
    room: RoomID
    flow: Flow = Flow.BOTH


@dataclass(frozen=True, slots=True)
class _Checked:
    network: Network
    chat: Chat
    listener: LoginID
    state: Sequence[dict[str, Any]]


class ByHand:
    """Each raises `Rejected` with a sentence, or `RetryLater`; what fails leaves nothing behind."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        linking: Linking,
        circles: Circles,
        consent: Consent,
        policies: Policies,
        intents: Intents,
        clock: Clock,
        whose: Callable[[RoomID], Awaitable[UserID | None]],
    ) -> None:
        """`whose` says of a room whose own room with the bot it is."""
        self._networks, self._portals, self._linking = networks, portals, linking
        self._circles, self._consent, self._policies = circles, consent, policies
        self._intents, self._clock, self._whose = intents, clock, whose

    async def preview(self, asked: LinkAsked) -> Preview:
        """What will happen; it is known to be possible, as far as can be seen."""
        checked, others = await self._check(asked), await self._others(asked)
        return Preview(self._consequences(asked, checked, others))

    async def link(self, asked: LinkAsked) -> Portal:
        """Do it."""
        checked = await self._check(asked)
        network, chat = checked.network, checked.chat
        known = await self._portals.find(PortalKey(network.name, chat.id))
        try:
            client = await network.logins.ready(checked.listener, chat, PATIENCE)
        except NotConnected as error:
            why = f"The bridge is not connected to {network.name} now: try again later."
            raise Rejected(why) from error
        try:
            return await self._linking.link(network.name, chat, asked.room, asked.flow)
        except AlreadyLinked:  # another room has it since we looked: that needs us there
            raise
        except Rejected:
            new = known is None or known.state is PortalState.NEW
            if new and isinstance(client, SupportsChats):
                with suppress(Rejected, RetryLater):
                    await client.leave(chat.id)
            raise

    async def turn(self, portal: Portal, flow: Flow, by: UserID | None) -> Portal:
        """Let a chat of a room carry messages another way.

        What it did not carry before, those who run the chat have not agreed to (see `link`).
        """
        network = self._networks.get(portal.key.network)
        more = portal.flow not in (flow, Flow.BOTH)
        if more and network is not None and not (portal.ours or portal.private):
            await self._check_agreed(network, Chat(portal.key.chat), by, portal.key.chat)
        return await self._portals.want(portal, flow)

    async def _check(self, asked: LinkAsked) -> _Checked:
        """Raises `Rejected` for what cannot be linked, or what those who run it do not want."""
        network = self._networks.get(asked.network)
        if network is None:
            names = ", ".join(sorted(one.name for one in self._networks))
            raise Rejected(f"There is no such network; there are: {names}.")
        if isinstance(network.adapter, StandIn):
            raise Rejected(OFF)
        if await self._whose(asked.room) is not None:
            raise Rejected(OWN_ROOM)
        chat = await chat_meant(network, asked.chat, self._clock)
        hidden = must_tell(network)
        if hidden:  # first: of a chat that is not for them, nobody learns more than they wrote
            await self._check_agreed(network, chat, asked.by, asked.chat)
        await self._check_free(network, chat, asked)
        listener = network.logins.listeners.of(chat.id)
        if listener is None:
            raise Rejected(f"The bridge has no login of its own on {network.name} to listen with.")
        state = await self._intents.whole_state(asked.room)
        self._check_room(network, chat, asked, state)
        await self._circles.check(network.name, chat.id, asked.room)
        if not hidden:
            await self._check_agreed(network, chat, asked.by, asked.chat)
        return _Checked(network, chat, listener, state)

    async def _check_agreed(
        self, network: Network, chat: Chat, by: UserID | None, written: str
    ) -> None:
        """Whether those who run the chat want it; who answers for everything needs none of them."""
        if by is not None and not self._consent.answers(network, by):
            await self._consent.check(network, chat, by, written)

    async def _check_free(self, network: Network, chat: Chat, asked: LinkAsked) -> None:
        known = await self._portals.find(PortalKey(network.name, chat.id))
        if known is None:
            return
        if known.room is None:
            if self._portals.promised(known.id):
                raise Rejected(f"The configuration links {chat.id} to a room: take it out first.")
            return
        where = "this room" if known.room == asked.room else "another room"
        raise AlreadyLinked(
            f"{chat.id} of {network.name} is bridged with {where} already: unlink it there first."
        )

    def _check_room(
        self, network: Network, chat: Chat, asked: LinkAsked, state: Sequence[dict[str, Any]]
    ) -> None:
        names = {str(event.get("content", {}).get("alias")) for event in state}
        if any(self._policies.bars_room(name) for name in (asked.room, *names)):
            raise Rejected("A policy list that this bridge obeys names this room.")
        encrypted = any(event.get("type") == "m.room.encryption" for event in state)
        if encrypted and not reads(self._intents.envelopes):
            raise Rejected(
                "This room is encrypted, and this bridge cannot read encrypted messages: "
                "link a room without encryption."
            )
        protocol = network.adapter.manifest.name
        names_of_it = (network.name, self._circles.place(network.name)[1])
        for other in other_bridges(state, self._intents.bot):
            if other.may_be(protocol, chat.id) and other.is_on(names_of_it):
                raise ClosesCircle(
                    f"Another bridge has this chat in this room already ({other.described}): with "
                    "both, everything would come twice and go round."
                )

    async def _others(self, asked: LinkAsked) -> Sequence[Portal]:
        return [one for one in await self._portals.in_room(asked.room) if not one.private]

    def _consequences(
        self, asked: LinkAsked, checked: _Checked, others: Sequence[Portal]
    ) -> Iterator[str]:
        network, chat = checked.network, checked.chat
        yield f"{chat.id} of {network.name} is bridged with this room, {WAYS[asked.flow]}."
        if asked.flow is not Flow.TO_NETWORK:
            yield f"Its people appear here as members of their own, of the names @{network.name}_…"
            yield (
                "What was said there before is not brought here."
                if not (network.options.history.wanted)
                else "The latest messages from there are shown here first."
            )
        if others:
            names = ", ".join(f"{one.key.chat} of {one.key.network}" for one in others)
            yield f"This room is bridged with {names} too: what is said in one is shown in all."
        bridges = other_bridges(checked.state, self._intents.bot)
        yield from (_beside(one, network, chat) for one in bridges)
        if not self._bot_may(checked.state):
            yield (
                "The bridge's bot may not change this room's settings: messages cross, but names, "
                f"topics and ranks do not follow. Give {self._intents.bot} a power level of 100."
            )
        yield (
            "Commands to me begin with their prefix here from then on, also if nobody else is "
            "here: whatever does not is for the chat."
        )
        yield "The room keeps its addresses and its history, also when it is unlinked again."

    def _bot_may(self, state: Sequence[dict[str, Any]]) -> bool:
        events = {str(event.get("type")): event for event in state if event.get("state_key") == ""}
        create = events.get("m.room.create", {})
        levels = events.get("m.room.power_levels", {}).get("content")
        return may_set(self._intents.bot, KINDS[0], create, levels)


def _beside(other: OtherBridge, network: Network, chat: Chat) -> str:
    if other.may_be(network.adapter.manifest.name, chat.id):
        return (
            f"⚠ Another bridge has a chat of the same name in this room ({other.described}). If it "
            "is the same chat, do not go on: everything would come twice and go round."
        )
    return f"Another bridge is in this room ({other.described}): what comes by it crosses too."
