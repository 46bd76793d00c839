"""The checks of `doctor` on policy lists: whether the bridge can read those that it is to obey."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.asking import OK, Answer, Asking
from bridgekit.configuration.config import Config
from bridgekit.mistakes.of_people import (
    POLICY_LIST_MOVED,
    POLICY_LIST_OUTSIDE,
    POLICY_LIST_UNASKED,
    POLICY_LIST_UNKNOWN,
)

_PATIENCE = 10.0
_FORBIDDEN, _NOT_FOUND = 403, 404


async def policy_lists(config: Config) -> AsyncIterator[Finding]:
    """One finding for each of `moderation.lists`."""
    async with ClientSession(timeout=ClientTimeout(total=_PATIENCE)) as session:
        ask = Asking(config, session)
        for name in config.moderation.lists:
            yield await _list(ask, name)


async def _list(ask: Asking, name: str) -> Finding:
    room = name
    if name.startswith("#"):
        found = await ask("GET", f"v3/directory/room/{quote(name, safe='')}")
        if found.status == _NOT_FOUND:
            return POLICY_LIST_UNKNOWN.found(f"There is no room {name}.")
        if found.status != OK:
            return _not_asked(name, found)
        room = found.get("room_id")
    at = f"v3/rooms/{quote(room, safe='')}/state"
    create = await ask("GET", f"{at}/m.room.create")
    if create.status in (_FORBIDDEN, _NOT_FOUND):
        return POLICY_LIST_OUTSIDE.found(
            f"The bridge is not in {name}, so this policy list is not obeyed yet.",
            "It enters as it starts if the room is public; else invite "
            f"{ask.config.namespaces.bot_mxid} there.",
        )
    if create.status != OK:
        return _not_asked(name, create)
    after = (await ask("GET", f"{at}/m.room.tombstone")).get("replacement_room")
    if after:
        what = f"The policy list {name} was replaced by {after}, which is followed."
        return POLICY_LIST_MOVED.found(what, f"Write {after} in `moderation.lists`.")
    return Finding(Severity.OK, f"The policy list {name} can be read.")


def _not_asked(name: str, answer: Answer) -> Finding:
    return POLICY_LIST_UNASKED.found(
        f"The homeserver cannot be asked about the policy list {name}: {answer}."
    )
