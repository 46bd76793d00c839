"""What the chats of the loopback network show: what was heard in order, the rest as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.events import Message, MessageKind, Poll
from bridgekit.testing.loopback import LoopbackNetwork, Told, Transcript


def network_side(name: str, network: LoopbackNetwork) -> tuple[dict[str, list[str]], list[str]]:
    """What the bridge said in each chat, and all other facts."""
    said: dict[str, list[str]] = {}
    facts: list[str] = []
    for (chat, login), transcript in network.transcripts.items():
        place = f"{name} {chat}" + (f" with {network.clients[login].me}" if login else "")
        told = [one for one in transcript.messages.values() if not one.deleted]
        said[place] = [f"{one.sender}: {_words(one)}" for one in told if one.txn is not None]
        facts += [f"{place}: {fact}" for fact in _facts(transcript)]
    return said, facts


def _facts(transcript: Transcript) -> Iterator[str]:
    there = {name: told for name, told in transcript.messages.items() if not told.deleted}
    for told in there.values():
        yield from _about(told)
        if told.txn is not None:
            yield from _form(told, there)
    yield f"pinned {[there[pin].text for pin in transcript.pins if pin in there]}"
    yield f"members {sorted(transcript.members.items())}"
    yield f"invited {sorted(transcript.invited)}, banned {sorted(transcript.banned)}"
    yield f"name {transcript.name}, topic {transcript.topic}"
    info = transcript.info
    yield f"a picture: {info.avatar is not None}; whoever is {info.may_speak} may speak"
    for who, up_to in transcript.receipts.items():
        yield f"{who} has read {there[up_to].text if up_to in there else up_to}"


def _words(told: Told) -> str:
    """What it says; of files without a word, what they are called."""
    files = told.content.attachments if isinstance(told.content, Message) else ()
    return told.text or " ".join(file.name for file in files)


def _about(told: Told) -> Iterator[str]:
    for emoji, people in told.reactions.items():
        yield f"{sorted(map(str, people))} react {emoji} to {told.text}"
    for who, options in told.votes.items():
        yield f"{who} votes {options} in {told.text}"
    if isinstance(told.content, Poll) and told.content.closed:
        yield f"{told.text} has ended"


def _form(told: Told, there: dict[str, Told]) -> Iterator[str]:
    """Of what the bridge said and is not just a text: what else there is to it."""
    message, words = told.content, _words(told)
    if not isinstance(message, Message):
        return
    if message.kind is not MessageKind.TEXT:
        yield f"{words} is of kind {message.kind}"
    for file in message.attachments:
        yield f"{words} has {file.kind} {file.name} of {file.size} bytes"
    for name, target in (("answers", message.reply_to), ("is in the thread of", message.thread)):
        if target is not None:
            yield f"{words} {name} {_words(there[target]) if target in there else target}"
    nodes = {type(node).__name__ for node in message.text} - {"Text"}
    if nodes:
        yield f"{words} has {sorted(nodes)}"
