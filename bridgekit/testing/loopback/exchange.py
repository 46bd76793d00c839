"""How the loopback network takes what the bridge does: its records, and its faults around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridgekit.adapter import Sent
from bridgekit.events import MatrixEvent, Message, Poll, Reaction
from bridgekit.ids import ChatID, LoginID, MessageID
from bridgekit.richtext import plain
from bridgekit.testing.loopback.faults import strike
from bridgekit.testing.loopback.files import take_files
from bridgekit.testing.loopback.transcript import Transcript

if TYPE_CHECKING:
    from bridgekit.testing.loopback.client import LoopbackClient
    from bridgekit.testing.loopback.network import LoopbackNetwork


@dataclass(frozen=True, slots=True)
class Act:
    """What the bridge did, as the network got it; `kind` is "edit", "chatchange" and so on."""

    login: LoginID
    event: MatrixEvent[Any]

    @property
    def kind(self) -> str:
        return type(self.event.content).__name__.lower()


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as the network got it."""

    chat: ChatID
    login: LoginID
    text: str
    txn: str
    author: str
    relayed: bool
    message: Message


async def take(network: LoopbackNetwork, client: LoopbackClient, event: MatrixEvent[Any]) -> Sent:
    """The network's own side of a send."""
    await _receive_files(network, client, event)
    await strike(network.before, event)
    if not (network.idempotent and event.txn in network.given):
        await _keep(network, client, event)
        await network.kept(client, event)
    await strike(network.after, event)
    if network.late_ids:
        return Sent(pending=True)
    return Sent((network.given[event.txn][-1],) if network.gives_ids else ())


async def do(network: LoopbackNetwork, client: LoopbackClient, event: MatrixEvent[Any]) -> None:
    """The network's own side of what sets a state, and so may be repeated."""
    await _receive_files(network, client, event)
    await strike(network.before, event)
    async with network.changed:
        network.acts.append(Act(client.login.id, event))
        _change(_transcript(network, client, event), client, event)
        network.changed.notify_all()
    await strike(network.after, event)


def _change(transcript: Transcript, client: LoopbackClient, event: MatrixEvent[Any]) -> None:
    match event.content:
        case Poll() as poll:
            transcript.show(client.me, poll, poll.target)
        case Reaction(target=target) if client.network.reactions == 1:
            if target in transcript.messages:
                transcript.messages[target].unreact(client.me)  # one takes the place of another
            transcript.apply(client.me, event.content)
        case content:
            transcript.apply(client.me, content)


async def _receive_files(
    network: LoopbackNetwork, client: LoopbackClient, event: MatrixEvent[Any]
) -> None:
    for file in await take_files(client.host, event.content):
        network.files[file.attachment.source] = file


async def _keep(network: LoopbackNetwork, client: LoopbackClient, event: MatrixEvent[Any]) -> None:
    async with network.changed:
        named = MessageID(f"sent-{network.sends}")
        network.sends += 1
        network.given.setdefault(event.txn, []).append(named)
        network.acts.append(Act(client.login.id, event))
        if isinstance(event.content, Message):
            network.heard.append(_heard(client, event))
        transcript, at = _transcript(network, client, event), network.clock.now()
        transcript.show(client.me, event.content, named, event.txn, at)
        network.changed.notify_all()


def _heard(client: LoopbackClient, event: MatrixEvent[Message]) -> Heard:
    text, author = plain(event.content.text), event.author.name
    return Heard(
        event.chat.id, client.login.id, text, event.txn, author, event.relayed, event.content
    )


def _transcript(
    network: LoopbackNetwork, client: LoopbackClient, event: MatrixEvent[Any]
) -> Transcript:
    return network.chat(event.chat.id, client.login.id if event.chat.private else None)
