"""What our device and others say to each other alone (Olm): keys of rooms, mostly.

Whatever is encrypted or read advances a conversation; that is stored in one commit with its effect,
before anything is sent. All of it is done under the device's lock.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vodozemac import AnyOlmMessage, Curve25519PublicKey, PreKeyMessage, Session

from bridgekit.clock import Clock
from bridgekit.encryption.device import Device
from bridgekit.encryption.peers import Peer
from bridgekit.encryption.signed import OLM, PLAIN, is_signed, raw_of, unpadded
from bridgekit.ids import UserID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.reading import read_json
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import Change, EncryptionRows, save_olm

PLACE = "olm session:"
_PRE_KEY = 0  # the type of a message that begins a conversation
CLAIMED_AT_ONCE = 500


class Wedged(ValueError):  # noqa: N818 (a finding)
    """No conversation of ours with that device reads it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a device said to ours: its message, and the key of whoever encrypted it."""

    payload: Mapping[str, Any]
    peer: str


class Conversations:
    """One for the device."""

    def __init__(
        self,
        device: Device,
        calls: DeviceCalls,
        rows: EncryptionRows,
        sealing: Sealing,
        clock: Clock,
    ) -> None:
        self._device, self._calls, self._rows = device, calls, rows
        self._sealing, self._clock = sealing, clock

    async def known(self, peers: Iterable[str]) -> dict[str, Session]:
        """The conversation with each that was used last."""
        found: dict[str, Session] = {}
        for name, peer, sealed in await self._rows.olm(frozenset(peers)):
            session = self._opened(name, sealed) if peer not in found else None
            if session is not None:
                found[peer] = session
        return found

    async def begin(self, peers: Collection[Peer]) -> tuple[dict[str, Session], set[Peer]]:
        """New conversations, with those that have a key left for that; not stored yet. And those
        of whom nobody can tell: their homeserver did not answer.
        """
        begun: dict[str, Session] = {}
        silent: set[Peer] = set()
        some = sorted(peers, key=lambda one: (one.user, one.device))
        for start in range(0, len(some), CLAIMED_AT_ONCE):
            part = some[start : start + CLAIMED_AT_ONCE]
            wanted: dict[UserID, list[str]] = {}
            for one in part:
                wanted.setdefault(one.user, []).append(one.device)
            answer = await self._calls.claim(wanted)
            failures = answer.get("failures")
            down = failures if isinstance(failures, dict) else {}
            for one in part:
                key = _claimed(answer, one)
                if key is not None:
                    identity = Curve25519PublicKey.from_base64(one.curve25519)
                    session = self._device.account.create_outbound_session(identity, key)
                    begun[one.curve25519] = session
                elif one.user.partition(":")[2] in down:
                    silent.add(one)
        return begun, silent

    def say(
        self, peer: Peer, session: Session, kind: str, content: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Change]:
        """`content` as only that device reads it, and the change that must come first."""
        payload = {
            "type": kind,
            "content": content,
            "sender": self._device.user,
            "recipient": peer.user,
            "recipient_keys": {"ed25519": peer.ed25519},
            "keys": {"ed25519": self._device.ed25519},
            "sender_device_keys": self._device.keys(),
        }
        number, body = session.encrypt(json.dumps(payload).encode()).to_parts()
        message = {
            "algorithm": OLM,
            "sender_key": self._device.curve25519,
            "ciphertext": {peer.curve25519: {"type": number, "body": unpadded(bytes(body))}},
        }
        return message, self._saved(peer.curve25519, session)

    async def hear(
        self, event: Mapping[str, Any], earlier: Mapping[str, Sequence[Session]]
    ) -> tuple[Said, list[Change], Session]:
        """What a to-device event says to us, and what that has changed.

        `earlier` are conversations as they are after what was heard before and is not stored yet.
        Raises `Wedged` where no conversation fits, `ValueError` where nothing is right.
        """
        peer, number, body = self._addressed(event)
        for session in await self._with(peer, earlier):
            if number == _PRE_KEY and not _fits(session, body):
                continue
            try:
                plain = session.decrypt(AnyOlmMessage.from_parts(number, body))
            except ValueError as error:
                if number == _PRE_KEY:
                    # It began this conversation: begun anew, its first keys would be used again.
                    raise ValueError("it was read before") from error
                continue
            return self._checked(event, peer, plain), [self._saved(peer, session)], session
        if number != _PRE_KEY:
            raise Wedged
        try:
            session, plain = self._device.account.create_inbound_session(
                Curve25519PublicKey.from_base64(peer), _pre_key(body)
            )
        except ValueError as error:
            raise Wedged from error
        changes = [self._device.saved(), self._saved(peer, session)]
        return self._checked(event, peer, plain), changes, session

    async def _with(self, peer: str, earlier: Mapping[str, Sequence[Session]]) -> Sequence[Session]:
        """Every conversation with a device, as they are now."""
        now = list(earlier.get(peer, ()))
        names = {session.session_id for session in now}
        for name, _, sealed in await self._rows.olm({peer}):
            session = None if name in names else self._opened(name, sealed)
            if session is not None:
                now.append(session)
        return now

    def _addressed(self, event: Mapping[str, Any]) -> tuple[str, int, bytes]:
        content = event["content"]
        try:
            peer, ours = content["sender_key"], content["ciphertext"][self._device.curve25519]
            number, body = ours["type"], raw_of(ours["body"])
            Curve25519PublicKey.from_base64(peer)
        except (LookupError, TypeError) as error:
            raise ValueError("it is not for this device") from error
        if type(number) is not int or number not in (0, 1):  # 1.0 is 1, and True is
            raise ValueError("it is of no known type")
        return peer, number, body

    def _checked(self, event: Mapping[str, Any], peer: str, plain: bytes) -> Said:
        """It was meant for us, and said by whom the homeserver says.

        Raises `ValueError`; what was read advances the conversation all the same.
        """
        try:
            payload = read_json(bytes(plain).decode())
            right = (
                payload["sender"] == event["sender"]
                and payload["recipient"] == self._device.user
                and payload["recipient_keys"]["ed25519"] == self._device.ed25519
                and isinstance(payload["type"], str)
                and isinstance(payload["content"], dict)
            )
        except (LookupError, TypeError, RecursionError, ValueError):
            right = False
        return Said(payload if right else {}, peer)

    def _saved(self, peer: str, session: Session) -> Change:
        name = session.session_id
        sealed = self._sealing.seal(session.pickle(PLAIN), PLACE + name)
        return save_olm(name, peer, sealed, millis(self._clock))

    def _opened(self, name: str, sealed: str) -> Session | None:
        try:
            return Session.from_pickle(self._sealing.open(sealed, PLACE + name), PLAIN)
        except (Unreadable, ValueError):
            return None  # sealed with a key that is gone: another conversation is begun


def _pre_key(body: bytes) -> PreKeyMessage:
    return PreKeyMessage.from_base64(unpadded(body))


def _fits(session: Session, body: bytes) -> bool:
    try:
        return session.session_matches(_pre_key(body))
    except ValueError:
        return False


def _claimed(answer: Mapping[str, Any], peer: Peer) -> Curve25519PublicKey | None:
    """The one-time key that the homeserver has given us of a device, if it is that device's."""
    try:
        (key,) = answer["one_time_keys"][peer.user][peer.device].values()
        if not is_signed(key, peer.user, peer.device, peer.ed25519):
            return None
        return Curve25519PublicKey.from_base64(key["key"])
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
