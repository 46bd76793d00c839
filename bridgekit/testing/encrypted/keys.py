"""The keys of one device of somebody's client: what it says and reads with them. Asks nobody.

It forgives nothing that a client of today would not: an index of a key that was read with another
event is a replay, a key that is not its sender's is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vodozemac import (
    Account,
    AnyOlmMessage,
    Curve25519PublicKey,
    GroupSession,
    InboundGroupSession,
    MegolmMessage,
    PreKeyMessage,
    Session,
    SessionKey,
)

from bridgekit.encryption.signed import MEGOLM, OLM, is_signed, raw_of, sign, unpadded

JSON = dict[str, Any]

_SIGNED = "signed_curve25519"
_OUTSIDE = "m.relates_to"  # of a content, what stays readable


class Unreadable(ValueError):  # noqa: N818 (a finding)
    """Of no use to the device; the text says why."""


@dataclass(slots=True)
class Outbound:
    """With which this device speaks in a room, and which devices have the key."""

    session: GroupSession
    shared: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Given:
    """The key of a room, and whose it is."""

    session: InboundGroupSession
    room: str
    sender: str


class DeviceKeys:
    """`gave` are the rooms' keys that this device was given; `outbound` those it speaks with."""

    def __init__(self, user: str, device: str) -> None:
        self.user, self.device = user, device
        self.account = Account()
        self.outbound: dict[str, Outbound] = {}
        self._conversations: dict[str, list[Session]] = {}  # by the other's key, latest first
        self._given: dict[str, _Given] = {}
        self._read: dict[tuple[str, int], str] = {}  # which event, by session and place

    @property
    def curve25519(self) -> str:
        return self.account.curve25519_key.to_base64()

    @property
    def ed25519(self) -> str:
        return self.account.ed25519_key.to_base64()

    @property
    def sessions(self) -> frozenset[str]:
        """Those that can be read with a key that was given."""
        return frozenset(self._given)

    def giver(self, session: str) -> str:
        """Who has given the key of a session; "": nobody."""
        given = self._given.get(session)
        return "" if given is None else given.sender

    # What others get to know.

    def public(self) -> JSON:
        """As for /keys/upload."""
        keys = {
            f"curve25519:{self.device}": self.curve25519,
            f"ed25519:{self.device}": self.ed25519,
        }
        whole = {"user_id": self.user, "device_id": self.device, "algorithms": [OLM, MEGOLM]}
        return sign(self.account, {**whole, "keys": keys}, self.user, self.device)

    def one_time(self, count: int) -> JSON:
        """New ones, which this device thinks published from now on."""
        self.account.generate_one_time_keys(count)
        made = {
            f"{_SIGNED}:{name}": sign(
                self.account, {"key": key.to_base64()}, self.user, self.device
            )
            for name, key in self.account.one_time_keys.items()
        }
        self.account.mark_keys_as_published()
        return made

    # Between two devices.

    def knows(self, peer: str) -> bool:
        """Whether there is a conversation with the device that has this key."""
        return peer in self._conversations

    def begin(self, device: Mapping[str, Any], claimed: Mapping[str, Any]) -> None:
        """A conversation with a device (its keys as it published them), by a key of that."""
        user, name = device["user_id"], device["device_id"]
        (key,) = claimed.values()
        if not is_signed(key, user, name, device["keys"][f"ed25519:{name}"]):
            raise Unreadable("a one-time key that is not its device's")
        peer = curve_of(device)
        session = self.account.create_outbound_session(
            Curve25519PublicKey.from_base64(peer), Curve25519PublicKey.from_base64(key["key"])
        )
        self._conversations.setdefault(peer, []).insert(0, session)

    def say(
        self, device: Mapping[str, Any], kind: str, content: Mapping[str, Any], **changes: Any
    ) -> JSON:
        """What only that device reads; `changes` are other claims than the true ones."""
        peer = curve_of(device)
        payload = {
            "type": kind,
            "content": content,
            "sender": self.user,
            "recipient": device["user_id"],
            "recipient_keys": {"ed25519": device["keys"][f"ed25519:{device['device_id']}"]},
            "keys": {"ed25519": self.ed25519},
            **changes,
        }
        number, body = self._conversations[peer][0].encrypt(json.dumps(payload).encode()).to_parts()
        ciphertext = {peer: {"type": number, "body": unpadded(bytes(body))}}
        return {"algorithm": OLM, "sender_key": self.curve25519, "ciphertext": ciphertext}

    def hear(self, event: Mapping[str, Any]) -> JSON:
        """What another device says to this one; a room's key is kept. Raises `Unreadable`."""
        content = event["content"]
        ours = content.get("ciphertext", {}).get(self.curve25519)
        if content.get("algorithm") != OLM or ours is None:
            raise Unreadable("not for this device")
        payload: JSON = json.loads(bytes(self._heard(content["sender_key"], ours)))
        addressed = (payload["recipient"], payload["recipient_keys"]["ed25519"])
        if addressed != (self.user, self.ed25519) or payload["sender"] != event["sender"]:
            raise Unreadable("not meant for this device, or not its sender's")
        if payload["type"] == "m.room_key":
            self._keep(payload["content"], event["sender"])
        return payload

    def _heard(self, peer: str, message: Mapping[str, Any]) -> bytes:
        body, known = raw_of(message["body"]), self._conversations.setdefault(peer, [])
        first = message["type"] == 0
        for session in known:
            if first and not session.session_matches(_pre_key(body)):
                continue
            try:
                plain = session.decrypt(AnyOlmMessage.from_parts(message["type"], body))
            except ValueError:
                if first:
                    raise Unreadable("it was read before") from None
                continue
            known.remove(session)
            known.insert(0, session)
            return plain
        if not first:
            raise Unreadable("no conversation fits")
        try:
            session, plain = self.account.create_inbound_session(
                Curve25519PublicKey.from_base64(peer), _pre_key(body)
            )
        except ValueError as error:
            raise Unreadable("no conversation can be begun with it") from error
        known.insert(0, session)
        return plain

    def _keep(self, content: Mapping[str, Any], sender: str) -> None:
        """The better of two of the same session."""
        session = InboundGroupSession(SessionKey(content["session_key"]))
        if session.session_id != content["session_id"]:
            raise Unreadable("a key of another session")
        old = self._given.get(session.session_id)
        if old is None or session.first_known_index < old.session.first_known_index:
            self._given[session.session_id] = _Given(session, content["room_id"], sender)

    # In rooms.

    def speak_anew(self, room: str) -> Outbound:
        """A new session for a room, which nobody else has yet."""
        made = self.outbound[room] = Outbound(GroupSession())
        copy = InboundGroupSession(made.session.session_key)
        self._given[copy.session_id] = _Given(copy, room, self.user)
        return made

    def room_key(self, room: str, session: GroupSession) -> JSON:
        """The content of what gives a session to others, from its present place on."""
        named = {"algorithm": MEGOLM, "room_id": room, "session_id": session.session_id}
        return {**named, "session_key": session.session_key.to_base64()}

    def encrypt(
        self, room: str, session: GroupSession, kind: str, content: Mapping[str, Any], **inner: Any
    ) -> JSON:
        """The content of an encrypted event; `inner` are other claims than the true ones."""
        whole = {"type": kind, "content": content, "room_id": room, **inner}
        message = session.encrypt(json.dumps(whole).encode())
        outside = {_OUTSIDE: content[_OUTSIDE]} if _OUTSIDE in content else {}
        return {
            **outside,
            "algorithm": MEGOLM,
            "sender_key": self.curve25519,
            "device_id": self.device,
            "session_id": session.session_id,
            "ciphertext": message.to_base64(),
        }

    def read(self, content: Mapping[str, Any], room: str, event: str) -> tuple[JSON, int]:
        """What was encrypted, and the place of its key. Raises `Unreadable`."""
        name = content["session_id"]
        given = self._given.get(name)
        if given is None:
            raise Unreadable("its key was not given to this device")
        try:
            found = given.session.decrypt(MegolmMessage.from_base64(content["ciphertext"]))
        except ValueError as error:
            raise Unreadable(str(error)) from error
        payload: JSON = json.loads(bytes(found.plaintext))
        if room != given.room or payload["room_id"] != room:
            raise Unreadable("it is another room's")
        if self._read.setdefault((name, found.message_index), event) != event:
            raise Unreadable(f"place {found.message_index} of its key was used before")
        return payload, found.message_index


def curve_of(device: Mapping[str, Any]) -> str:
    """The key that a device's conversations are known by, of its keys as it published them."""
    return str(device["keys"][f"curve25519:{device['device_id']}"])


def _pre_key(body: bytes) -> PreKeyMessage:
    return PreKeyMessage.from_base64(unpadded(body))
