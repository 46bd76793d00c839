"""What a room shows: what ghosts said in order, and everything else as sentences."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from bridgekit.puppets.marks import PUPPET
from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.homeserver.rooms import Room

JSON = dict[str, Any]
NOTHING = "?"
_STATE = ("m.room.name", "m.room.topic")
_STATUS = "com.beeper.message_send_status"
_ENCRYPTED = ("m.room.encrypted", "m.reaction", "m.room.redaction", _STATUS)  # as far as can be


class ShownRoom:
    """`words` are what each event said; what was deleted counts as never said.

    `ours` is how the user IDs of the bridge begin; `opened` is an event as somebody there reads it.
    """

    def __init__(
        self,
        hs: FakeHomeserver,
        room: Room,
        name: str,
        words: Mapping[str, str],
        ours: Sequence[str],
        opened: Callable[[JSON], JSON],
    ) -> None:
        self._media, self._read = hs.world.media, hs.world.read
        self._words, self._room, self._ours, self.name = words, room, tuple(ours), name
        shown = [opened(event.for_clients(0)) for event in room.events]
        gone = {event["event_id"] for event in shown if "redacted_because" in event["unsigned"]}
        self._events = [
            event
            for event in shown
            if event["event_id"] not in gone and not _replaces_one_of(event, gone)
        ]

    def said(self) -> list[str]:
        """What the bridge's ghosts and its bot said for people of the network, unless deleted."""
        return [
            f"{_who(event)}: {words_of(event)}"
            for event in self._of_bridge()
            if _says(event) and not self._notice(event) and not replaces(event)
        ]

    def notices(self) -> list[tuple[str, str]]:
        """What the bridge told people: about what, in which words (without the reference).

        What it does not answer to anything is about `NOTHING`.
        """
        found = []
        for event in self._events:
            if self._notice(event):
                reply = event["content"].get("m.relates_to", {}).get("m.in_reply_to", {})
                body = event["content"]["body"].rpartition(" (")[0] or event["content"]["body"]
                found.append((self._words.get(reply.get("event_id"), NOTHING), body))
        return found

    def exposed(self) -> list[str]:
        """What the bridge says, or has a file of, in plain text though the room is encrypted."""
        if not self._room.content("m.room.encryption"):
            return []
        types = {one.id: one.type for one in self._room.events}  # as the homeserver has them
        return [
            words_of(event)
            for event in self._of_bridge()
            if "state_key" not in event
            and (types[event["event_id"]] not in _ENCRYPTED or "url" in event["content"])
        ]

    def facts(self) -> Iterator[str]:
        """Everything else that there is to see."""
        statuses = dict.fromkeys(self._statuses())  # they say how it is: twice does no harm
        facts = (*self._done(), *statuses, *self._people(), *self._state())
        yield from (f"{self.name}: {fact}" for fact in facts)

    def _done(self) -> Iterator[str]:
        for event in self._of_bridge():
            yield from self._fact(event)
            if _says(event) and not self._notice(event):
                yield from _form(event)
                file = event["content"].get("file", event["content"])
                if "url" in file:
                    sound = "" if self._sound(file) else ", of another file"
                    yield f"{words_of(event)} has {self._size(file['url'])} bytes{sound}"

    def _statuses(self) -> Iterator[str]:
        for event in self._of_bridge():
            if event["type"] == _STATUS:
                content = event["content"]
                target = self._named(content["m.relates_to"]["event_id"])
                arrived = " and arrived" if "delivered_to_users" in content else ""
                yield f"{target} is {content.get('status')}{arrived}"

    def _people(self) -> Iterator[str]:
        room = self._room
        yield from (f"{_short(user)} is there" for user in room.members())
        yield from (f"{_short(user)} is banned" for user in room.members("ban"))
        yield from (f"{_short(user)} is invited" for user in room.members("invite"))
        readers = {key[2] for key in self._read if key[0] == room.id}
        yield from (f"{_short(user)} has read" for user in readers if user.startswith(self._ours))

    def _state(self) -> Iterator[str]:
        room = self._room
        yield from (f"{kind} {sorted(room.content(kind).items())}" for kind in _STATE)
        yield f"a picture of {self._size(room.content('m.room.avatar').get('url', ''))} bytes"
        pins = [self._named(pin) for pin in room.content("m.room.pinned_events").get("pinned", ())]
        yield f"pinned {pins}"
        levels = room.content("m.room.power_levels")
        users = levels.get("users", {})
        yield f"levels {sorted((_short(user), level) for user, level in users.items())}"
        yield f"whoever has {levels.get('events_default', 0)} may speak"

    def _fact(self, event: JSON) -> Iterator[str]:
        relation, content = event["content"].get("m.relates_to", {}), event["content"]
        target = self._named(relation.get("event_id", ""))
        if event["type"] == "m.reaction" and "key" in relation:
            yield f"{_who(event)} reacts {relation['key']} to {target}"
        elif replaces(event):
            yield f"{target} now reads {content['m.new_content'].get('body')}"
        elif event["type"].endswith("poll.response") and relation:
            answers = content.get("org.matrix.msc3381.poll.response", content)
            yield f"{_who(event)} votes {sorted(answers.get('answers', ()))} in {target}"
        elif event["type"].endswith("poll.end"):
            yield f"{target} has ended"
        elif relation.get("m.in_reply_to") and not self._notice(event):
            yield f"{words_of(event)} answers {self._named(relation['m.in_reply_to']['event_id'])}"

    def _of_bridge(self) -> Iterator[JSON]:
        """What its ghosts and its bot did, and what it did as people themselves."""
        for one in self._events:
            if str(one["sender"]).startswith(self._ours) or PUPPET in one["content"]:
                yield one

    def _notice(self, event: JSON) -> bool:
        """A word of the bridge's own; one that has its place in a chat goes through a lane."""
        content = event["content"]
        own = "dev.bridgekit.marker" not in content or content.get("body", "").startswith("⚠ ")
        return (
            content.get("msgtype") == "m.notice"
            and own
            and str(event["sender"]).startswith(self._ours)
        )

    def _size(self, uri: str) -> int:
        return len(self._bytes(uri))

    def _bytes(self, uri: str) -> bytes:
        file = self._media.get(uri.rpartition("/")[2])
        return (file.data if file else None) or b""

    def _sound(self, file: JSON) -> bool:
        """Whether it is what the event's key is for; one that is not encrypted is."""
        digest = b64encode(sha256(self._bytes(file["url"])).digest()).decode().rstrip("=")
        return bool(file.get("hashes", {}).get("sha256", digest) == digest)

    def _named(self, event_id: str) -> str:
        return self._words.get(event_id, "")


def words_of(event: Mapping[str, Any]) -> str:
    """What names an event in a report: its text, or what a reaction consists of."""
    content = event["content"]
    content = content.get("m.new_content", content)
    relation = content.get("m.relates_to", {})
    poll = content.get("org.matrix.msc3381.poll.start", {}).get("question", {})
    named = content.get("body") or relation.get("key") or poll.get("org.matrix.msc1767.text")
    return str(named or event["type"])


def _form(event: JSON) -> Iterator[str]:
    """Of what is not just a text: what else there is to it."""
    content, words = event["content"], words_of(event)
    voice = " and a voice" if "org.matrix.msc3245.voice" in content else ""
    if content.get("msgtype", "m.text") != "m.text":
        yield f"{words} is {content['msgtype']}{voice}"
    if "formatted_body" in content:
        yield f"{words} is written {content['formatted_body']}"
    answers = "m.in_reply_to" in content.get("m.relates_to", {})  # and so mentions its author
    if content.get("m.mentions") and not answers:
        yield f"{words} mentions {sorted(content['m.mentions'].items())}"
    if "is_falling_back" in content.get("m.relates_to", {}):
        yield f"{words} is in a thread"


def _says(event: JSON) -> bool:
    return event["type"] in ("m.room.message", "m.sticker") or event["type"].endswith("poll.start")


def replaces(event: JSON) -> bool:
    """Whether it is an edit."""
    return bool(event["content"].get("m.relates_to", {}).get("rel_type") == "m.replace")


def _replaces_one_of(event: JSON, gone: Container[str]) -> bool:
    """Clients show no edit of what is deleted."""
    return replaces(event) and event["content"]["m.relates_to"].get("event_id") in gone


def _who(event: JSON) -> str:
    return _short(event["sender"])


def _short(user: str) -> str:
    return user.partition(":")[0]
