"""`audit`: what people told the bridge to change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from bridgekit.audited import Audited, AuditOutcome
from bridgekit.commands.audit import Audit
from bridgekit.commands.caller import Via
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.words import spelled
from bridgekit.ids import RoomID, UserID
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right

_MOST = 1_000


class AskAudit(Arguments):
    limit: int = Field(default=20, ge=1, le=_MOST, description="how many of the latest")


class Change(BaseModel):
    """One change, or a try."""

    at: datetime
    user: UserID
    via: Via
    command: str
    arguments: str = Field(
        description="As JSON, without secrets; a free word only where it named something."
    )
    room: RoomID | None
    outcome: AuditOutcome
    detail: str


class Changes(Answer):
    changes: list[Change]


def audit_log(audit: Audit, permissions: Permissions) -> Command[AskAudit]:
    async def run(asked: Asked[AskAudit]) -> Changes:
        everybody = asked.caller.operator or permissions.may(asked.user, Right.ADMIN)
        rows = await audit.latest(asked.arguments.limit, None if everybody else asked.user)
        text = "\n".join(map(_line, rows)) or "Nothing was changed yet."
        return Changes(text=text, changes=[_change(row) for row in rows])

    return Command(
        name="audit",
        help="Show the latest changes that people made by commands: yours, or to admins all.",
        arguments=AskAudit,
        answer=Changes,
        run=run,
        route=Route("GET", "/audit"),
        where=Where.ALONE,
    )


def _change(row: Audited) -> Change:
    return Change(
        at=_time(row),
        user=row.user,
        via=Via(row.via),
        command=row.command,
        arguments=row.arguments,
        room=row.room,
        outcome=row.outcome,
        detail=row.detail,
    )


def _line(row: Audited) -> str:
    where = f" in {row.room}" if row.room else ""
    why = f": {row.detail}" if row.detail else ""
    what = " ".join([f"`{row.command}`", *_arguments(row)])
    return f"{_time(row):%Y-%m-%d %H:%M:%S} UTC {row.user} {what}{where}: {row.outcome}{why}"


def _arguments(row: Audited) -> Iterator[str]:
    try:
        values = json.loads(row.arguments)
    except ValueError:  # it was too long to be kept whole
        yield row.arguments
        return
    for name, value in values.items():
        yield f"{spelled(name)}={' '.join(value) if isinstance(value, list) else value}"


def _time(row: Audited) -> datetime:
    return datetime.fromtimestamp(row.at / 1000, UTC)
