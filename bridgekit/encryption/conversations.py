"""What our device and others say to each other alone (Olm): keys of rooms, mostly.

Whatever is encrypted or read advances a conversation; that is stored in one commit with its effect,
before anything is sent. All of it is done under the device's lock.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vodozemac import AnyOlmMessage, Curve25519PublicKey, PreKeyMessage, Session

from bridgekit.clock import Clock
from bridgekit.encryption.device import Device, Voice
from bridgekit.encryption.peers import Peer
from bridgekit.encryption.signed import OLM, PLAIN, is_signed, raw_of, unpadded
from bridgekit.ids import UserID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.reading import read_json
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import Change, EncryptionRows, only_latest_olm, save_olm

PLACE = "olm session:"
Keys = tuple[str, str]  # of another device: its curve25519 and its ed25519 key
_PRE_KEY = 0  # the type of a message that begins a conversation
CLAIMED_AT_ONCE = 500


class Wedged(ValueError):  # noqa: N818 (a finding)
    """No conversation of ours with that device reads it."""


class Passed(ValueError):  # noqa: N818 (likewise)
    """A conversation goes on without it: it was read before, or so many behind it that its key is
    gone.
    """


@dataclass(frozen=True, slots=True)
class Said:
    """What a device said to ours: its message, and the key of whoever encrypted it."""

    payload: Mapping[str, Any]
    peer: str

    @property
    def owner(self) -> str:
        """The ed25519 key that it says it has; "" where it says none."""
        keys = self.payload.get("keys")
        named = keys.get("ed25519") if isinstance(keys, dict) else None
        return named if isinstance(named, str) and " " not in named else ""


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

    async def known(self, peers: Collection[Peer]) -> dict[Keys, Session]:
        """The conversation with each that was used last."""
        found: dict[Keys, Session] = {}
        owners: dict[str, set[str]] = {}
        for one in peers:
            owners.setdefault(one.curve25519, set()).add(one.ed25519)
        for name, peer, sealed in await self._rows.olm(owners.keys()):
            opened = self._opened(name, sealed)
            if opened is None:
                continue
            for owner in owners[peer]:
                # One that was stored by an earlier version names no owner.
                if opened[0] in ("", owner):
                    found.setdefault((peer, owner), opened[1])
        return found

    async def begin(self, peers: Collection[Peer]) -> tuple[dict[Keys, Session], set[Peer]]:
        """New conversations, with those that have a key left for that; not stored yet. And those
        of whom nobody can tell: their homeserver did not answer.
        """
        begun: dict[Keys, Session] = {}
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
                    begun[one.keys] = session
                elif one.user.partition(":")[2] in down:
                    silent.add(one)
        return begun, silent

    def say(
        self, voice: Voice, peer: Peer, session: Session, kind: str, content: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Change]:
        """`content` as only that device reads it, and the change that must come first.

        There is one conversation with it, in whosever name something is said.
        """
        payload = {
            "type": kind,
            "content": content,
            "sender": voice.user,
            "recipient": peer.user,
            "recipient_keys": {"ed25519": peer.ed25519},
            "keys": {"ed25519": self._device.ed25519},
            "sender_device_keys": voice.keys,
        }
        number, body = session.encrypt(json.dumps(payload).encode()).to_parts()
        message = {
            "algorithm": OLM,
            "sender_key": self._device.curve25519,
            "ciphertext": {peer.curve25519: {"type": number, "body": unpadded(bytes(body))}},
        }
        return message, self._saved(peer.curve25519, session, peer.ed25519)

    async def hear(
        self, event: Mapping[str, Any], to: str, earlier: Mapping[str, Sequence[Session]]
    ) -> tuple[Said, list[Change], Session]:
        """What an event says that came to the device of the bot or of a ghost, and what that has
        changed.

        `earlier` are conversations as they are after what was heard before and is not stored yet.
        Raises `Wedged` where no conversation fits, `Passed` where one has read it or cannot any
        more, `ValueError` where nothing is right.
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
                    raise Passed from error
                continue
            said = self._checked(event, to, peer, plain)
            return said, [self._saved(peer, session, said.owner)], session
        if number != _PRE_KEY:
            # There is one conversation, and the mail of ghosts is read at another time.
            raise Wedged if to == self._device.user else Passed
        try:
            session, plain = self._device.account.create_inbound_session(
                Curve25519PublicKey.from_base64(peer), _pre_key(body)
            )
        except ValueError as error:
            raise Wedged from error
        # Anybody can begin any number of them, and each is tried for each of their messages.
        begun = only_latest_olm(session.session_id, peer)
        said = self._checked(event, to, peer, plain)
        changes = [self._device.saved(), self._saved(peer, session, said.owner), begun]
        return said, changes, session

    async def _with(self, peer: str, earlier: Mapping[str, Sequence[Session]]) -> Sequence[Session]:
        """Every conversation with a device, as they are now."""
        now = list(earlier.get(peer, ()))
        names = {session.session_id for session in now}
        for name, _, sealed in await self._rows.olm({peer}):
            opened = None if name in names else self._opened(name, sealed)
            if opened is not None:
                now.append(opened[1])
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

    def _checked(self, event: Mapping[str, Any], to: str, peer: str, plain: bytes) -> Said:
        """It was meant for whom it came to, and said by whom the homeserver says.

        Raises `ValueError`; what was read advances the conversation all the same.
        """
        try:
            payload = read_json(bytes(plain).decode())
            right = (
                payload["sender"] == event["sender"]
                and payload["recipient"] == to
                and payload["recipient_keys"]["ed25519"] == self._device.ed25519
                and isinstance(payload["type"], str)
                and isinstance(payload["content"], dict)
            )
        except (LookupError, TypeError, RecursionError, ValueError):
            right = False
        return Said(payload if right else {}, peer)

    def _saved(self, peer: str, session: Session, owner: str) -> Change:
        """With whose it is: the other's key can be claimed by anybody's device."""
        name = session.session_id
        sealed = self._sealing.seal(f"{owner} {session.pickle(PLAIN)}", PLACE + name)
        return save_olm(name, peer, sealed, millis(self._clock))

    def _opened(self, name: str, sealed: str) -> tuple[str, Session] | None:
        """A conversation, and by which ed25519 key its other side is known."""
        try:
            owner, _, pickle = self._sealing.open(sealed, PLACE + name).rpartition(" ")
            return owner, Session.from_pickle(pickle, PLAIN)
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
