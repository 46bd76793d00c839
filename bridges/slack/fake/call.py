"""One call of the Web API, and the table of methods: who may call which.

Scopes and token types are those of each method's page, https://docs.slack.dev/reference/methods.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bridges.slack.fake.state import JSON, Act, Channel, SlackError, State, Token, Workspace

_OF_KIND = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


class Tells(Protocol):
    """Where an event goes that a call gives rise to."""

    def __call__(self, team: str, event: JSON, channel: Channel | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Call:
    """`arguments` are as they came: texts, of which some are JSON. `origin` is where we listen."""

    method: str
    arguments: dict[str, str]
    token: Token
    state: State
    tell: Tells
    origin: str

    @property
    def workspace(self) -> Workspace:
        return self.state.workspace(self.token.team)

    def text(self, name: str) -> str:
        return self.arguments.get(name, "")

    def needed(self, name: str) -> str:
        if not self.arguments.get(name):
            raise SlackError("invalid_arguments")
        return self.arguments[name]

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def json(self, name: str) -> Any:
        try:
            return json.loads(self.text(name) or "null")
        except ValueError:
            raise SlackError("invalid_json") from None

    def channel(self, name: str = "channel") -> Channel:
        """One that the token's user can see."""
        found = self.workspace.channel(self.needed(name))
        if found.kind != "channel" and self.token.user not in found.members:
            raise SlackError("channel_not_found")
        return found

    def open_channel(self, name: str = "channel") -> Channel:
        """One that the token's user may write to."""
        found = self.channel(name)
        if found.archived:
            raise SlackError("is_archived")
        if self.token.user not in found.members:
            raise SlackError("not_in_channel")
        return found

    def note(self, ts: str = "") -> None:
        """The app did this; what people do is not kept."""
        if self.token.kind != "person":
            self.state.happened(Act(self.method, self.token, dict(self.arguments), ts))

    def require(self, *scopes: str) -> None:
        """One of these; what is missing is named, as Slack names it."""
        if not self.token.scopes.intersection(scopes):
            provided = ",".join(sorted(self.token.scopes))
            raise SlackError("missing_scope", needed=",".join(scopes), provided=provided)

    def require_of(self, channel: Channel, what: str) -> None:
        """`channels:history`, `groups:history` and so on, by the kind of channel."""
        self.require(f"{_OF_KIND[channel.kind]}:{what}")


Answer = Callable[[Call], JSON]


@dataclass(frozen=True, slots=True)
class Method:
    """`tier` is how many calls a minute each workspace has: 1, 20, 50 or 100."""

    answer: Answer
    scopes: tuple[str, ...]
    kinds: frozenset[str]
    tier: int


METHODS: dict[str, Method] = {}
RETIRED = frozenset({"files.upload", "rtm.start", "rtm.connect", "channels.list", "im.list"})
"""https://docs.slack.dev/changelog: switched off between 2021 and 2025."""


def method(
    name: str, *scopes: str, tier: int, kinds: tuple[str, ...] = ("bot", "user")
) -> Callable[[Answer], Answer]:
    """Enter a function into the table, which needs all of these scopes.

    `a|b`: bots have the one, people the other.
    """

    def entered(answer: Answer) -> Answer:
        METHODS[name] = Method(answer, scopes, frozenset(kinds), tier)
        return answer

    return entered


def page(call: Call, found: list[Any], most: int) -> tuple[list[Any], JSON]:
    """A piece of a list, and where the next begins: "Pagination" of the Web API."""
    size = min(int(call.text("limit") or most), most)
    start = int(call.text("cursor") or 0)
    following = start + size
    cursor = str(following) if following < len(found) else ""
    return found[start:following], {"response_metadata": {"next_cursor": cursor}}
