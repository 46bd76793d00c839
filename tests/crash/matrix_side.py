"""What a room shows: what ghosts said in order, and everything else as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.homeserver.rooms import Room

JSON = dict[str, Any]
_BRIDGE = ("@loop_", "@far_", "@bridgebot")
NOTHING = "?"
_STATE = ("m.room.name", "m.room.topic")


class MatrixSide:
    """`words` are what each event said; what was deleted counts as never said."""

    def __init__(self, hs: FakeHomeserver, room: Room, name: str, words: Mapping[str, str]) -> None:
        self._media = hs._world.media
        self._read, self._words, self._room, self.name = hs._world.read, words, room, name
        shown = [event.for_clients(0) for event in room.events]
        self._events = [event for event in shown if "redacted_because" not in event["unsigned"]]

    def said(self) -> list[str]:
        """What the bridge's ghosts and its bot said for people of the network, unless deleted."""
        return [
            f"{_who(event)}: {words_of(event)}"
            for event in self._events
            if _says(event) and _of_bridge(event) and not _notice(event) and not _replaces(event)
        ]

    def notices(self) -> list[tuple[str, str]]:
        """What the bridge told people: about what, in which words (without the reference).

        What it does not answer to anything is about `NOTHING`.
        """
        found = []
        for event in self._events:
            if _notice(event):
                reply = event["content"].get("m.relates_to", {}).get("m.in_reply_to", {})
                body = event["content"]["body"].rpartition(" (")[0]
                found.append((self._words.get(reply.get("event_id"), NOTHING), body))
        return found

    def facts(self) -> Iterator[str]:
        """Everything else that there is to see."""
        yield from (f"{self.name}: {fact}" for fact in self._all())

    def _all(self) -> Iterator[str]:
        for event in self._events:
            if _of_bridge(event):
                yield from self._fact(event)
        room = self._room
        yield from (f"{_short(user)} is there" for user in room.members())
        yield from (f"{_short(user)} is banned" for user in room.members("ban"))
        yield from (f"{kind} {sorted(room.content(kind).items())}" for kind in _STATE)
        picture = self._media.get(room.content("m.room.avatar").get("url", ""))
        yield f"a picture of {len(picture.data or b'') if picture else 0} bytes"
        pins = [self._named(pin) for pin in room.content("m.room.pinned_events").get("pinned", ())]
        yield f"pinned {pins}"
        levels = room.content("m.room.power_levels").get("users", {})
        yield f"levels {sorted((_short(user), level) for user, level in levels.items())}"
        readers = {key[2] for key in self._read if key[0] == room.id}
        yield from (f"{_short(user)} has read" for user in readers if user.startswith(_BRIDGE))

    def _fact(self, event: JSON) -> Iterator[str]:
        relation = event["content"].get("m.relates_to", {})
        target = self._named(relation.get("event_id", ""))
        if event["type"] == "m.reaction" and "key" in relation:
            yield f"{_who(event)} reacts {relation['key']} to {target}"
        elif _replaces(event):
            yield f"{target} now reads {event['content']['m.new_content'].get('body')}"
        elif event["type"].endswith("poll.response") and relation:
            answers = event["content"].get("org.matrix.msc3381.poll.response", event["content"])
            yield f"{_who(event)} votes {sorted(answers.get('answers', ()))} in {target}"
        elif relation.get("m.in_reply_to") and not _notice(event):
            answered = self._named(relation["m.in_reply_to"]["event_id"])
            yield f"{words_of(event)} answers {answered}"

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


def _says(event: JSON) -> bool:
    return event["type"] in ("m.room.message", "m.sticker") or event["type"].endswith("poll.start")


def _of_bridge(event: JSON) -> bool:
    return str(event["sender"]).startswith(_BRIDGE)


def _notice(event: JSON) -> bool:
    content = event["content"]
    return (
        content.get("msgtype") == "m.notice"
        and "dev.bridgekit.marker" not in content
        and str(event["sender"]).startswith(_BRIDGE)
    )


def _replaces(event: JSON) -> bool:
    return bool(event["content"].get("m.relates_to", {}).get("rel_type") == "m.replace")


def _who(event: JSON) -> str:
    return _short(event["sender"])


def _short(user: str) -> str:
    return user.partition(":")[0]
