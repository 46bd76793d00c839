"""What gateways write into the fields of their calls, read by tables: ours is called theirs.

In such a table a name with dots leads into JSON (`from.phone_number`), and of several (`a|b`) the
first one that is there counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bridges.sms.provider import Inbound, Media, Outgoing, Report, UnusableError
from bridges.sms.status import Rank, rank_of

Table = Mapping[str, str]
_FILES = 10  # that one message can have
_NEEDED = frozenset({"id", "sender", "to"})  # without which nobody knows what a call is about


def texted(table: Table, fields: Mapping[str, Any], **more: Any) -> Inbound:
    """The text that a call tells of: `table` says where each field of `Inbound` is."""
    found = _found(table, fields)
    at = _dated(found.pop("at", ""))
    return Inbound(**{"to": "", "text": "", "at": at, **found, **more})


def _dated(at: str) -> datetime | None:
    """When it was; a date that is none takes no text with it."""
    try:
        when = datetime.fromisoformat(at)
        return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def moment(seconds: str) -> datetime | None:
    """The same, of seconds since 1970."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def went(table: Table, fields: Mapping[str, Any], rank: Rank, **more: Any) -> Report:
    """How far a message of ours has come: `table` says where each field of `Report` is."""
    return Report(**{"own": "", "peer": "", "rank": rank, **_found(table, fields), **more})


def sent(table: Table, message: Outgoing) -> dict[str, str]:
    """A message as the gateway wants it: here theirs is called ours; what is empty is left out."""
    values = {"own": message.own, "to": message.to[0], "text": message.text, "txn": message.txn}
    return {theirs: values[ours] for theirs, ours in table.items() if values[ours]}


def ranked(word: str) -> Rank:
    """What a gateway's word for a state means. Raises `UnusableError` for one that is new."""
    rank = rank_of(word)
    if rank is None:
        raise UnusableError(f"it tells of a state {word[:20]!r}, which we do not know")
    return rank


def numbered(fields: Mapping[str, str], name: str, count: str, kind: str = "") -> tuple[Media, ...]:
    """The files that fields name by numbers, as in `MediaUrl0`; `kind` is the field of the type."""
    most = min(int(count) if count.isdecimal() else 0, _FILES)
    return tuple(
        Media(fields[name.format(one)], fields.get(kind.format(one), ""))
        for one in range(most)
        if fields.get(name.format(one))
    )


def _found(table: Table, fields: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for ours, theirs in table.items():
        values = (_at(fields, name.split(".")) for name in theirs.split("|"))
        value = next((one for one in values if one not in (None, "")), None)
        if value is not None:
            found[ours] = str(value)
        elif ours in _NEEDED:
            raise UnusableError(f"it has no {theirs}")
    return found


def _at(fields: Any, path: list[str]) -> Any:
    for name in path:
        fields = fields.get(name) if isinstance(fields, Mapping) else None
    return fields
