"""What a homeserver says it can do; pure. Spec: client-server API, "Capabilities negotiation"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def room_versions(answer: Mapping[str, Any]) -> Mapping[str, str]:
    """The versions of which it makes rooms, oldest first, with how sure they are ("stable").

    Empty where it does not say.
    """
    rooms = _inside(_inside(answer, "capabilities"), "m.room_versions")
    known = {str(version): str(how) for version, how in _inside(rooms, "available").items()}
    return dict(sorted(known.items(), key=lambda one: (len(one[0]), one[0])))


def _inside(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}
