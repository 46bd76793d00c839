"""What both sides show, held against the model of a story; every difference is a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.stateful.model import Chat, Crossing, Said, Side, unquoted
from tests.stateful.world import BOT, MATRIX, REMOTE, World

JSON = dict[str, Any]
GHOST = "@loop_{}:example.org"
PEOPLE = [f"@{name}:example.org" for name in MATRIX]
UNSURE = "may not have been bridged"


@dataclass
class Shown:
    """One message as a side shows it now."""

    id: str
    who: str
    text: str
    reply_to: str | None
    reactions: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Told:
    """What the bridge said about an event, in answer to it, or to all."""

    about: str
    text: str
    kind: str


async def differences(world: World) -> list[str]:
    """What is not as it should be; nothing if all is well."""
    found: list[str] = []
    for chat in world.model.chats.values():
        matrix, told = await matrix_shows(world, chat)
        network = network_shows(world, chat)
        unsure = {one.about for one in told if UNSURE in one.text}
        views = {
            Side.MATRIX: View(chat, Side.MATRIX, matrix, unsure, gated=world.gated),
            Side.NETWORK: View(chat, Side.NETWORK, network, unsure, gated=world.gated),
        }
        for view in views.values():
            found += [f"{chat.name}, {view.side}: {what}" for what in view.differences()]
        found += [f"{chat.name}: {what}" for what in refusals(views[Side.NETWORK], told)]
        found += [f"{chat.name}: {what}" for what in spoken_for(chat, told)]
        found += [f"{chat.name}: {what}" for what in await state(world, views[Side.MATRIX])]
        found += [f"{chat.name}: {what}" for what in doubted(told, world.doubts)]
    return found


def doubted(told: list[Told], most: int) -> Iterator[str]:
    """No more is in doubt than can be; where a network settles every doubt, nothing is."""
    unsure = [one for one in told if UNSURE in one.text]
    if len(unsure) > most:
        yield f"{len(unsure)} are told that they {UNSURE}, at most {most} can be"


async def matrix_shows(world: World, chat: Chat) -> tuple[list[Shown], list[Told]]:
    alice = world.people["alice"]
    return matrix_events([event for room in chat.rooms for event in await alice.events(room)])


def matrix_events(events: Iterable[JSON]) -> tuple[list[Shown], list[Told]]:
    """What people and ghosts said in all rooms of a chat, oldest first; and what the bot did."""
    shown: dict[str, Shown] = {}
    told: list[Told] = []
    for event in events:
        if event["content"]:
            _take(event, shown, told)
    return list(shown.values()), told


def _take(event: JSON, shown: dict[str, Shown], told: list[Told]) -> None:
    content, sender = event["content"], event["sender"]
    relation = content.get("m.relates_to", {})
    target, reply = relation.get("event_id"), relation.get("m.in_reply_to", {}).get("event_id")
    if sender == BOT and event["type"] == "m.room.message":
        told.append(Told(reply or "", content["body"], content["msgtype"]))
    elif event["type"] == "m.reaction" and target in shown:
        shown[target].reactions.add((sender, relation["key"]))
    elif relation.get("rel_type") == "m.replace" and (target not in shown or _own(event, shown)):
        if target in shown:  # else it was deleted
            shown[target].text = content["m.new_content"]["body"]
    elif event["type"] == "m.room.message":
        shown[event["event_id"]] = Shown(event["event_id"], sender, content["body"], reply)


def _own(event: JSON, shown: dict[str, Shown]) -> bool:
    """Whether what an edit is about is of whom the edit is; of others it is a message."""
    return shown[event["content"]["m.relates_to"]["event_id"]].who == event["sender"]


def network_shows(world: World, chat: Chat) -> list[Shown]:
    """All messages of the network's chat, oldest first."""
    return [
        Shown(
            told.id,
            str(told.sender),
            told.text,
            getattr((*told.versions, told.content)[0], "reply_to", None),
            {(str(who), emoji) for emoji, people in told.reactions.items() for who in people},
        )
        for told in world.network.chat(chat.name).messages.values()
        if not told.deleted
    ]


def _reads(said: Said, text: str) -> bool:
    """Whether this is what was said; a reply to what never crossed says what it answers."""
    if text in said.versions or (said.anew and text.removeprefix("* ") in said.versions):
        return True
    return said.reply_to is not None and unquoted(text) in said.versions


class View:
    """What one side shows of a chat; `unsure` are events whose senders were told to look.

    `gated`: people's logins were not always connected.
    """

    def __init__(
        self,
        chat: Chat,
        side: Side,
        shown: list[Shown],
        unsure: set[str],
        *,
        gated: bool = False,
    ) -> None:
        self.chat, self.side, self._shown, self._unsure = chat, side, shown, unsure
        self._gated = gated
        self._found = {said: self._find(said) for said in chat.said}

    def _find(self, said: Said) -> list[Shown]:
        if said.side is self.side:
            return [one for one in self._shown if one.id == said.id]
        who = GHOST.format(said.who) if self.side is Side.MATRIX else said.who
        return [one for one in self._shown if one.who == who and _reads(said, one.text)]

    def differences(self) -> Iterator[str]:
        theirs = [said for said in self.chat.said if said.side is not self.side]
        yield from self._strange()
        for said in theirs:
            yield from self._once(said)
        for group in self._groups(theirs):
            yield from self._order(group)
        for said in self.chat.said:
            if self._found[said] and not self._open(said):
                yield from self._last_words(said, *self._found[said])

    def _strange(self) -> Iterator[str]:
        known = {one.id for found in self._found.values() for one in found}
        for one in self._shown:
            if one.id not in known:
                yield f"{one.who} is shown with {one.text!r}, which they never said"

    def _groups(self, theirs: list[Said]) -> list[list[Said]]:
        """What must be in order among itself."""
        if self.side is Side.MATRIX or not self._gated:
            return [theirs]
        # Whose login connects too slowly is passed by others (delivery rule 10).
        return [[said for said in theirs if said.who == who] for who in MATRIX]

    def _order(self, group: list[Said]) -> Iterator[str]:
        sure = [said for said in group if self._found[said] and said.crossing is Crossing.MUST]
        places = [self._shown.index(self._found[said][0]) for said in sure]
        if places != sorted(places):
            shown = [self._shown[place].text for place in sorted(places)]
            yield f"out of order: {shown}, not {[said.text for said in sure]}"

    def _open(self, said: Said) -> bool:
        """Whether nobody can say what became of it in all respects."""
        return said.deleted or said.crossing is not Crossing.MUST or said.id in self._unsure

    def _once(self, said: Said) -> Iterator[str]:
        count = len(self._found[said])
        if count > 1 + said.anew:
            yield f"{said} is shown {count} times"
        elif count and said.deleted and said.id not in self._unsure:
            yield f"{said} is shown though it was deleted"
        elif count and said.crossing is Crossing.NEVER:
            yield f"{said} is shown though it should not be"
        elif not count and not self._open(said):
            yield f"{said} is lost"

    def _last_words(self, said: Said, shown: Shown, *anew: Shown) -> Iterator[str]:
        """Whether it reads and stands as was said last."""
        latest = (shown, *anew)[-1]
        if not latest.text.endswith(said.text) and said.side is not self.side:
            yield f"{said} reads {latest.text!r}"
        target = said.reply_to
        if target is not None and said.side is not self.side and not self._open(target):
            answered = self._found[target]
            # Who answers what got no answer waits for nothing (`to_matrix/relating`).
            unknown = target.unanswered and shown.reply_to is None
            if not unknown and (not answered or answered[0].id != shown.reply_to):
                yield f"{said} is a reply to {shown.reply_to}, not to {target}"
        expected, overtaken = self._reactions(said.reactions), self._reactions(said.overtaken)
        natives = PEOPLE if self.side is Side.MATRIX else REMOTE
        there = {one for one in shown.reactions if one[0] not in natives}
        if not expected - overtaken <= there <= expected:
            yield f"{said} has the reactions {sorted(there)}, not {sorted(expected)}"

    def _reactions(self, of: Iterable[tuple[Side, str, str]]) -> set[tuple[str, str]]:
        """Those of the other side, as this one shows them."""
        name = GHOST.format if self.side is Side.MATRIX else str
        return {(name(who), emoji) for side, who, emoji in of if side is not self.side}

    def current(self, said: Said) -> bool:
        """Whether it is not there yet, or reads as it was said last."""
        return all(one.text.endswith(said.text) for one in self._found[said])

    def missing(self, said: Said) -> set[tuple[Side, str, str]]:
        """The reactions that it does not show."""
        there = self._found[said][0].reactions if self._found[said] else set()
        return {one for one in said.reactions if not self._reactions([one]) <= there}

    def id_of(self, said: Said) -> str | None:
        return self._found[said][0].id if self._found[said] else None


def refusals(network: View, told: list[Told]) -> Iterator[str]:
    """Whoever was refused is told."""
    about = {one.about for one in told}
    for said in network.chat.of(Side.MATRIX):
        crossed = said.deleted or network.id_of(said) is not None
        if said.refused and not crossed and said.id not in about:
            yield f"nobody says that {said} was refused"


def spoken_for(chat: Chat, told: list[Told]) -> Iterator[str]:
    """The bridge speaks for itself only: what people say is said by their ghosts."""
    for one in told:
        quoted = any(version in one.text for said in chat.said for version in said.versions)
        if one.kind != "m.notice" or quoted:
            yield f"the bridge says {one.text!r} as {one.kind}"


async def state(world: World, matrix: View) -> list[str]:
    """The topic and the pins of the room as it is now."""
    chat, alice, found = matrix.chat, world.people["alice"], []
    if chat.topic is not None:
        topic = (await alice.state(chat.room, "m.room.topic"))["topic"]
        if topic != chat.topic:
            found.append(f"the topic is {topic!r}, not {chat.topic!r}")
    here = [said for said in chat.said if said.generation == chat.generation and not said.deleted]
    pinned = set(await alice.pinned(chat.room))
    for said in here:
        if said.side is Side.NETWORK and said.crossing is Crossing.MUST:
            is_pinned = matrix.id_of(said) in pinned
            if is_pinned != (said in chat.pinned):
                found.append(f"{said} is {'' if is_pinned else 'not '}pinned")
    return found
