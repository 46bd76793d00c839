"""What people change about a room: its name, topic and picture, and who may do what in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.events import ChatChange, Content, Membership
from bridgekit.facts import Attachment, AttachmentKind, ChatInfo, Rank
from bridgekit.ids import LoginID, RemoteUserID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.media.source import MatrixFile, encode, is_mxc
from bridgekit.membership.ranks import EVERYBODY, Standing, may_speak_change, rank_changes
from bridgekit.pieces import Piece
from bridgekit.reasons import Reason
from bridgekit.said import before
from bridgekit.store.sql import Rows
from bridgekit.store.standings import save_done
from bridgekit.supports import SupportsChatChange, SupportsMembership
from bridgekit.to_network.act import Happened, Pieces, Route, Scene, only
from bridgekit.to_network.failure import Failed

LONGEST_NAME = 255  # letters
LONGEST_TOPIC = 4_000


@dataclass(frozen=True, slots=True)
class Changing:
    """`what` of the chat is `info` now."""

    what: str
    info: ChatInfo
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        if isinstance(route.client, SupportsChatChange):
            return only(ChatChange(self.info))
        why = f"{scene.network.name} does not take the {self.what} of a room on Matrix."
        raise Failed(Reason.UNSUPPORTED, why)

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del scene, route, happened
        return []


@dataclass(frozen=True, slots=True)
class Ranking:
    """People have other ranks, or other ranks may speak; `own` says so."""

    ranks: tuple[Membership, ...]
    speaking: ChatChange | None
    own: UserID | None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        del scene
        contents: list[Content] = []
        if isinstance(route.client, SupportsMembership):
            contents += self.ranks
        if self.speaking is not None and isinstance(route.client, SupportsChatChange):
            contents.append(self.speaking)
        if not contents:
            raise Moot(Reason.NOT_BRIDGED_KIND)
        return Pieces([Piece(content) for content in contents])

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        """Some networks tell nobody what their own login did; a list must not be news then."""
        del happened
        told = list[tuple[RemoteUserID, Rank | None]]()
        if isinstance(route.client, SupportsMembership):
            told += [(one.user, one.rank) for one in self.ranks]
        if self.speaking is not None and isinstance(route.client, SupportsChatChange):
            told.append((EVERYBODY, self.speaking.info.may_speak))
        return [save_done([Standing(scene.portal.id, who, rank) for who, rank in told if rank])]


@dataclass(frozen=True, slots=True)
class Entering:
    """All may come in, or only who is invited; `own` says so."""

    info: ChatInfo
    own: UserID | None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        del scene
        if isinstance(route.client, SupportsChatChange) and route.client.entry:
            return only(ChatChange(self.info))
        raise Moot(Reason.NOT_BRIDGED_KIND)

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del scene, route, happened
        return []


def read_change(scene: Scene) -> Changing:
    """What another name, topic or picture asks of the network; raises `Moot`."""
    kind = scene.event["type"]
    key = {"m.room.name": "name", "m.room.topic": "topic", "m.room.avatar": "url"}[kind]
    value, old = scene.content.get(key), (before(scene.event) or {}).get(key)
    if (value or "") == (old or "") or not isinstance(value or "", str):
        raise Moot(Reason.NO_CHANGE)
    text = str(value or "")
    match kind:
        case "m.room.name":
            return Changing("name", ChatInfo(name=" ".join(text.split())[:LONGEST_NAME]))
        case "m.room.topic":
            return Changing("topic", ChatInfo(topic=text[:LONGEST_TOPIC]))
    if text and not is_mxc(text):
        raise Moot(Reason.NO_CHANGE)
    source = encode(MatrixFile(text, scene.room, scene.id)) if text else ""
    picture = Attachment(AttachmentKind.IMAGE, source, "avatar")
    return Changing("picture", ChatInfo(avatar=picture))


def read_entry(scene: Scene) -> Entering:
    """What another join rule asks of the network; raises `Moot`."""
    old, new = before(scene.event), scene.content
    if old is None or _is_open(old) == _is_open(new):
        raise Moot(Reason.NO_CHANGE)
    client = scene.network.logins.client()
    if client is not None and not (isinstance(client, SupportsChatChange) and client.entry):
        raise Moot(Reason.NOT_BRIDGED_KIND)  # before anybody hears that they need a login for it
    return Entering(ChatInfo(by_invitation=not _is_open(new)), own=scene.sender)


def _is_open(rules: Mapping[str, Any]) -> bool:
    return rules.get("join_rule") == "public"


def read_ranks(scene: Scene) -> Ranking:
    """What other power levels ask of the network; raises `Moot`."""
    old = before(scene.event)
    if old is None:  # the first ones, or nobody knows what they were
        raise Moot(Reason.NO_CHANGE)
    ranks = rank_changes(old, scene.content, scene.remote)
    may_speak = may_speak_change(old, scene.content)
    speaking = None if may_speak is None else ChatChange(ChatInfo(may_speak=may_speak))
    if not ranks and speaking is None:
        raise Moot(Reason.NO_CHANGE)
    return Ranking(tuple(ranks), speaking, own=scene.sender)
