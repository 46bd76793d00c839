"""`tokens`: the tokens that programs have from somebody."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from bridgekit.audited import APIToken
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.models import Millis
from bridgekit.store.api_tokens import APITokens


class ListTokens(Arguments):
    pass


class Token(BaseModel):
    """A token; itself it is never shown again."""

    name: str
    scopes: list[str]
    made_at: datetime
    expires: datetime | None = Field(description="Null: never.")
    used_at: datetime | None = Field(description="When it was used last, to the minute.")


class Tokens(Answer):
    tokens: list[Token]


def tokens(rows: APITokens) -> Command[ListTokens]:
    async def run(asked: Asked[ListTokens]) -> Tokens:
        found = [_token(row) for row in await rows.of(asked.user)]
        text = "\n".join(map(_line, found)) or "You have no tokens; `new-token` makes one."
        return Tokens(text=text, tokens=found)

    return Command(
        name="tokens",
        help="List the tokens that programs have from you.",
        arguments=ListTokens,
        answer=Tokens,
        run=run,
        route=Route("GET", "/tokens"),
        where=Where.ALONE,
    )


def _token(row: APIToken) -> Token:
    return Token(
        name=row.name,
        scopes=sorted(row.scopes),
        made_at=_time(row.made_at),
        expires=_time(row.expires) if row.expires else None,
        used_at=_time(row.used_at) if row.used_at else None,
    )


def _line(one: Token) -> str:
    until = f"until {one.expires:%Y-%m-%d}" if one.expires else "for good"
    used = f"used {one.used_at:%Y-%m-%d %H:%M} UTC" if one.used_at else "never used"
    return f"`{one.name}`: for {', '.join(one.scopes)}; valid {until}; {used}"


def _time(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
