"""What the loopback network answers to a client that asks: chats, people, the past, a txn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from bridgekit.events import Content, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, Rank
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.supports import Absence, Found
from bridgekit.testing.loopback.transcript import Told, Transcript

if TYPE_CHECKING:
    from bridgekit.testing.loopback.network import LoopbackNetwork


def seen_by(network: LoopbackNetwork, chat: ChatID, login: LoginID) -> Transcript:
    """The chat that a login means by this ID: a private one of its own, else the shared one."""
    private = network.transcripts.get((chat, login))
    return private or network.transcripts.get((chat, None)) or Transcript(Chat(chat))


def chat_info(network: LoopbackNetwork, chat: ChatID, login: LoginID) -> ChatInfo:
    transcript = seen_by(network, chat, login)
    return _info(network, transcript)


def chats_of(network: LoopbackNetwork, login: LoginID, me: RemoteUserID) -> list[ChatInfo]:
    """The chats that a login is in."""
    return [
        _info(network, transcript)
        for (chat, owner), transcript in network.transcripts.items()
        if owner == login
        or (owner is None and (me in transcript.members or chat in network.entered))
    ]


def _info(network: LoopbackNetwork, transcript: Transcript) -> ChatInfo:
    info = transcript.info
    return ChatInfo(
        id=transcript.chat.id,
        name=transcript.chat.id if info.name is None else info.name,
        topic=info.topic,
        avatar=info.avatar,
        direct=info.direct,
        members=transcript.known_members() if network.lists_members else None,
        may_speak=info.may_speak,
        by_invitation=info.by_invitation,
        other=info.other,
    )


def make_chat(network: LoopbackNetwork, info: ChatInfo, members: Iterable[RemoteUserID]) -> Chat:
    """A new chat; its first member owns it."""
    transcript = network.chat(f"#made-{len(network.transcripts)}")
    transcript.info = info
    owner, *others = members
    transcript.members = {owner: Rank.OWNER, **dict.fromkeys(others, Rank.MEMBER)}
    return transcript.chat


def find(network: LoopbackNetwork, txn: str) -> Found | Absence:
    """What became of a send, as far as the network remembers."""
    network.looked_up.append(txn)
    if network.remembers is Absence.UNSURE:
        return Absence.UNSURE
    ids = network.given.get(txn)
    return Found(tuple(ids)) if ids else Absence.ABSENT


def past(
    transcript: Transcript,
    after: MessageID | None,
    before: MessageID | None,
    since: datetime | None,
    limit: int,
) -> list[RemoteEvent[Content]]:
    """As `SupportsHistory.history`: the first `limit` after a message or since then, else the last.

    Messages read as they do now; the deleted ones are gone, as on any network.
    """
    told = list(transcript.messages.values())
    places = {one.id: place for place, one in enumerate(told)}
    start = places.get(after, -1) + 1 if after is not None else 0
    end = places.get(before, len(told)) if before is not None else len(told)
    shown = [one for one in told[start:end] if not one.deleted and one.is_since(since)]
    first = after is not None or since is not None
    chosen = shown[:limit] if first else shown[max(len(shown) - limit, 0) :]
    return [_shown(transcript, one) for one in chosen]


def _shown(transcript: Transcript, one: Told) -> RemoteEvent[Content]:
    named = None if one.unnamed else one.id
    return RemoteEvent(transcript.chat, one.sender, one.content, id=named, at=one.at, txn=one.txn)
