"""What an encrypted room is looked at for: nothing there is plain, and files fit their keys."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from bridgekit.testing.crash.rooms import ShownRoom
from bridgekit.testing.homeserver.rooms import Event, Room
from bridgekit.testing.homeserver.world import Media

JSON = dict[str, Any]
GHOST, BOT, ALICE = "@loop_bob:x", "@bridgebot:x", "@alice:x"
PICTURE: JSON = {"msgtype": "m.image", "body": "a.png"}


def shown(*events: tuple[str, str, JSON], encrypted: bool = True) -> ShownRoom:
    """What `encrypted` has in an event's content is what can be read of it."""
    room = Room("!r", "11", frozenset())
    if encrypted:
        algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
        room.add(Event("$0", "!r", "m.room.encryption", ALICE, algorithm, 0, ""))
    for number, (sender, kind, content) in enumerate(events, 1):
        room.add(Event(f"${number}", "!r", kind, sender, content, 0))
    world = SimpleNamespace(media={"m": Media(data=b"secret")}, read={})
    hs: Any = SimpleNamespace(world=world)
    return ShownRoom(hs, room, "r", {}, ("@bridgebot", "@loop_"), read)


def read(event: JSON) -> JSON:
    inside = event["content"].get("encrypted")
    return {**event, "type": "m.room.message", "content": inside} if inside else event


def secret(content: JSON) -> JSON:
    return {"encrypted": content}


def file(data: bytes) -> JSON:
    digest = b64encode(sha256(data).digest()).decode().rstrip("=")
    return {**PICTURE, "file": {"url": "mxc://x/m", "hashes": {"sha256": digest}}}


PLAIN = [
    (GHOST, "m.room.message", {"msgtype": "m.text", "body": "hello"}),
    (BOT, "m.room.message", {"msgtype": "m.notice", "body": "not bridged"}),
    (GHOST, "m.room.encrypted", secret({**PICTURE, "url": "mxc://x/m"})),
]


def test_what_is_said_plain_in_an_encrypted_room_is_named():
    assert shown(*PLAIN).exposed() == ["hello", "not bridged", "a.png"]
    assert shown(*PLAIN, encrypted=False).exposed() == []


def test_what_is_encrypted_and_what_nobody_encrypts_is_not():
    hidden = (GHOST, "m.room.encrypted", secret(file(b"secret")))
    reaction = (GHOST, "m.reaction", {"m.relates_to": {"key": "x"}})
    hers = (ALICE, "m.room.message", {"msgtype": "m.text", "body": "mine"})
    assert shown(hidden, reaction, hers).exposed() == []


@pytest.mark.parametrize(("data", "more"), [(b"secret", ""), (b"other", ", of another file")])
def test_a_file_is_held_against_its_key(data, more):
    room = shown((GHOST, "m.room.encrypted", secret(file(data))))
    assert f"r: a.png has 6 bytes{more}" in list(room.facts())
