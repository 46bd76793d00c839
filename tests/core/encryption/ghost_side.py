"""A homeserver's part in the devices of ghosts, in memory; as `GhostDeviceCalls`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridgekit.encryption.trust import Trust, owner_of
from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused

JSON = dict[str, Any]
FULL = 3  # messages in one answer of /sync


class GhostSide:
    """`able`: the homeserver makes devices; `gone` are ghosts that may do nothing any more."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self.used = self.able = True
        self.gone: set[str] = set()
        self.made: dict[str, dict[str, JSON]] = {}
        self.signing: dict[str, JSON] = {}
        self.fallback: dict[str, JSON] = {}
        self.answers: dict[tuple[str, str, str], tuple[list[JSON], str]] = {}
        self.mail_of: dict[str, list[JSON]] = {}
        self.taken: dict[str, int] = {}  # up to where the homeserver keeps it no longer
        self.requests: list[str] = []

    async def wanted(self, room: RoomID) -> bool:
        del room
        return True

    def shown(self, ghost: str, device: str) -> str:
        """What clients show beside what comes from there; "": nothing."""
        keys = self.made.get(ghost, {}).get(device)
        if not keys:
            return "of an unknown device"
        answer = {f"{name}s": {ghost: key} for name, key in self.signing.get(ghost, {}).items()}
        trust = owner_of(ghost, answer, None).trusts(keys)
        return "" if trust is Trust.CROSS_SIGNED_TOFU else "of a device that nobody vouches for"

    def _ask(self, what: str, ghost: str) -> None:
        self._step()
        self.requests.append(what)
        if not self.able or ghost in self.gone:
            raise Refused("No", "M_UNRECOGNIZED", 404)

    async def make(self, ghost: UserID, device: str, name: str) -> None:
        del name
        self._ask("make", ghost)
        self.made.setdefault(ghost, {}).setdefault(device, {})
        self._step()

    async def upload_signing(self, ghost: UserID, content: JSON) -> None:
        self._ask("sign", ghost)
        self.signing[ghost] = content
        self._step()

    async def upload(self, ghost: UserID, device: str, content: JSON) -> None:
        self._ask("upload", ghost)
        if (keys := content.get("device_keys")) is not None:
            assert (keys["user_id"], keys["device_id"]) == (ghost, device)
            self.made[ghost][device] = keys
        self.fallback[ghost] = content["fallback_keys"]
        self._step()

    async def devices(self, ghost: UserID) -> frozenset[str]:
        self._ask("list", ghost)
        return frozenset(self.made.get(ghost, {}))

    async def remove(self, ghost: UserID, device: str) -> None:
        self._ask("remove", ghost)
        self.made.get(ghost, {}).pop(device, None)
        self._step()

    async def mail(self, ghost: UserID, device: str, since: str) -> tuple[list[JSON], str]:
        self._ask("mail", ghost)
        if device not in self.made.get(ghost, {}):
            raise Refused("No such device", "M_UNKNOWN_DEVICE", 400)
        if (known := self.answers.get((ghost, device, since))) is not None:
            return known  # as Synapse does, to the same question, for two minutes
        up_to = int(since.partition("_")[0] or 0)
        place = self.taken[ghost] = max(self.taken.get(ghost, 0), up_to)
        some = self.mail_of.get(ghost, [])[place : place + FULL]
        answer = some, f"{place + len(some)}_{len(self.answers)}"
        self.answers[ghost, device, since] = answer
        return answer
