"""What a Slack is made of, in memory: workspaces, channels, messages, files and tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]

APP = "A0BRIDGE"


class SlackError(Exception):
    """An answer that is not `ok`: https://docs.slack.dev/apis/web-api#errors."""

    def __init__(self, code: str, **more: str) -> None:
        super().__init__(code)
        self.code, self.more = code, more


@dataclass(slots=True)
class Token:
    """`kind` is bot, user or app; `bot` the ID of a bot's token."""

    value: str
    kind: str
    team: str
    user: str = ""
    bot: str = ""
    scopes: frozenset[str] = frozenset()


@dataclass(slots=True)
class Channel:
    """`kind` as in `channel_type`: channel, group, mpim or im. `messages` are in order, by ts.

    `longest`: bytes of a post; a longer one is refused, as Slack may do.
    """

    id: str
    name: str
    kind: str = "channel"
    members: list[str] = field(default_factory=list)
    messages: dict[str, JSON] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    read_only: bool = False
    longest: int | None = None


@dataclass(slots=True)
class File:
    """`share` is what `files.info` says of it; `data` is None until the bytes are there."""

    id: str
    name: str
    owner: str
    mime: str = ""
    data: bytes | None = None
    completed: bool = False
    shares: list[tuple[str, str, str]] = field(default_factory=list)  # channel, ts, thread


@dataclass(slots=True)
class Workspace:
    """`users` are objects as `users.info` has them."""

    id: str
    name: str
    users: dict[str, JSON] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    emoji: dict[str, str] = field(default_factory=dict)

    def channel(self, id_: str) -> Channel:
        """Raises `channel_not_found`, by ID or by `#name`, as Slack does."""
        by_name = (one for one in self.channels.values() if f"#{one.name}" == id_)
        found = self.channels.get(id_) or next(by_name, None)
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def person(self, name: str) -> str:
        """Somebody of this name, who begins to exist when they are first named."""
        user = "U0" + "".join(letter for letter in name.upper() if letter.isalnum())
        if user not in self.users:
            profile = {"display_name": name, "real_name": name.title()}
            self.users[user] = {
                "id": user,
                "team_id": self.id,
                "name": name,
                "real_name": name.title(),
                "is_bot": False,
                "profile": profile,
            }
        return user


@dataclass(slots=True)
class Act:
    """Something that the app did and Slack took; `ts` is of the message that it made."""

    method: str
    token: Token
    arguments: JSON
    ts: str = ""


class State:
    """All of it. `clock` gives the seconds since 1970, of which `ts` are made."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.workspaces: dict[str, Workspace] = {}
        self.tokens: dict[str, Token] = {}
        self.acts: list[Act] = []
        self.watchers: list[Callable[[Act], None]] = []
        self.codes: dict[str, tuple[Token, bool]] = {}
        """What an admin, or a person, has agreed to: a token, and whether it rotates."""
        self.refreshable: dict[str, Token] = {}
        self._last = 0
        self._made = 0

    def happened(self, act: Act) -> None:
        """The app did this."""
        self.acts.append(act)
        for watcher in self.watchers:
            watcher(act)

    def ts(self) -> str:
        """Later than any other, and unique: Slack's own are so within a channel."""
        self._last = max(self._last + 1, int(self.clock() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def new_id(self, kind: str) -> str:
        self._made += 1
        return f"{kind}0{self._made:07d}"

    def workspace(self, team: str) -> Workspace:
        return self.workspaces[team]

    def add_token(self, token: Token) -> Token:
        self.tokens[token.value] = token
        return token

    def install(self, team: str, token: str, scopes: Iterable[str]) -> Token:
        """The app in a workspace: a user of its own, a bot, and a token for it."""
        workspace = self.workspaces.setdefault(team, Workspace(team, team.title()))
        user = workspace.person("bridge")
        workspace.users[user] |= {"is_bot": True}
        made = Token(token, "bot", team, user, f"B0{team}", frozenset(scopes))
        return self.add_token(made)

    def bot_of(self, team: str) -> Token | None:
        """How the app is installed there."""
        found = (one for one in self.tokens.values() if one.kind == "bot" and one.team == team)
        return next(found, None)

    def users_of(self, team: str) -> list[Token]:
        """The people who gave the app a token of theirs."""
        return [one for one in self.tokens.values() if one.kind == "user" and one.team == team]
