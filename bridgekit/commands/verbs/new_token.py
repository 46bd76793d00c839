"""`new-token`: a token for a program that acts for whoever makes it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from bridgekit.audited import APIToken
from bridgekit.commands.caller import EVERYTHING, READ, Caller
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.giving import Giving
from bridgekit.commands.refusals import Mistyped, NotPermitted, Unknown
from bridgekit.errors import Rejected
from bridgekit.models import Millis
from bridgekit.provisioning.tokens import API, digest, fresh
from bridgekit.store.api_tokens import APITokens, save_token
from bridgekit.store.writer import Writer

MOST = 50  # tokens of one person
DAY = 24 * 3600 * 1000  # milliseconds

Name = Annotated[str, Field(pattern=r"^[\w.-]{1,40}$")]


class NewToken(Arguments):
    name: Name = Field(description="what you call it: letters, digits and . _ -")
    scopes: tuple[str, ...] = Field(
        default=(READ,), description=f"`{READ}`, `{EVERYTHING}`, or the names of commands"
    )
    days: int = Field(default=90, ge=0, le=3650, description="how long it is valid; 0: for good")


class MadeToken(Answer):
    token: str


def new_token(
    tokens: APITokens, writer: Writer, giving: Callable[[], Giving], now: Callable[[], Millis]
) -> Command[NewToken]:
    async def run(asked: Asked[NewToken]) -> MadeToken:
        told, theirs = asked.arguments, await tokens.of(asked.user)
        scopes = frozenset(_scope(one, giving()) for one in told.scopes)
        _check_scopes(scopes, asked.caller.scopes)
        if any(one.name == told.name for one in theirs):
            raise Rejected(f"You have a token called {told.name}; `revoke-token` ends it.")
        if len(theirs) >= MOST:
            raise Rejected(f"You have {MOST} tokens; `revoke-token` ends one.")
        token, at, by = fresh(API), now(), asked.caller
        expires = _expires(at, told.days, by.expires)
        row = APIToken(
            *(digest(token), asked.user, told.name, scopes),
            made_at=at,
            expires=expires,
            made_by=by.token,
        )
        await writer.write(save_token(row))
        lasts = _lasts(expires, by)
        text = f"`{token}`\nKeep it now: it is not shown again. It is valid {lasts}."
        return MadeToken(text=text, token=token)

    return Command(
        name="new-token",
        help="Make a token with which a program can act for you.",
        arguments=NewToken,
        answer=MadeToken,
        run=run,
        route=Route("POST", "/tokens"),
        where=Where.ALONE,
    )


def _expires(at: Millis, days: int, own: Millis) -> Millis:
    """When it ends (0: never): no later than the token that makes it."""
    wanted = at + days * DAY if days else 0
    return min(wanted or own, own or wanted)


def _lasts(expires: Millis, by: Caller) -> str:
    until = "until you revoke it"
    if expires:
        until = f"until {datetime.fromtimestamp(expires / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{until}, or until the token that made it ends" if by.token else until


def _scope(typed: str, giving: Giving) -> str:
    """The scope that is meant. Raises `Mistyped`."""
    if typed in (READ, EVERYTHING):
        return typed
    try:
        return giving.table.find(typed).name
    except Unknown as error:
        why = f"That is no scope (`{READ}`, `{EVERYTHING}`, or names of commands)."
        raise Mistyped(f"{why} {error}", "scopes") from error


def _check_scopes(wanted: frozenset[str], own: AbstractSet[str]) -> None:
    """A token gives away no more than whoever makes it may use."""
    if EVERYTHING not in own and wanted - own:
        raise NotPermitted("A token can make only tokens that are for no more than itself.")
