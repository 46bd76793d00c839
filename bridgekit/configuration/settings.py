"""The settings that are the bridge's own, each with what it accepts and how it is refused.

A validator's words read on from the setting's name and never quote a value.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)

from bridgekit.configuration.fallback_settings import ExpirySettings, FallbackSettings
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.login.permissions import EVERYBODY, Level
from bridgekit.models import Flow

_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"

_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class TCPAddress:
    """Where we listen: `host` without brackets."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A Unix socket that we listen on."""

    path: Path


@dataclass(frozen=True, slots=True)
class SQLiteFile:
    """The database is this file."""

    path: Path


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """The database is behind this URL, which may hold a password."""

    url: SecretStr


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        raise ValueError("is no web address; write it like http://localhost:8008")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("has more than an address; leave out users, passwords, ? and #")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that is none; write one from 1 to 65535") from None
    return text.rstrip("/")  # some homeservers would ask us for //_matrix/…


def _homeserver_address(text: str) -> str:
    if "/_matrix" in text:
        raise ValueError("must be the homeserver's own address; leave out /_matrix and the rest")
    return text


def _domain(text: str) -> str:
    if "://" in text:
        raise ValueError("must be the name after the colon in its users' IDs; leave out http://")
    if text.startswith(("@", "#")) or not re.fullmatch(_DOMAIN, text):
        raise ValueError("is no server name; write it like example.org")
    return text


def _bot(text: str) -> str:
    if text.startswith("@") or ":" in text:
        raise ValueError("must be the name alone; write bridgebot, not @bridgebot:example.org")
    if not re.fullmatch(r"[a-z0-9._=/+-]+", text):
        raise ValueError("has characters that a user ID cannot have; use a-z, 0-9 and . _ = - / +")
    return text


def _appservice_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise ValueError("has characters that it cannot have; use letters, digits and . _ -")
    return text


def _token(token: SecretStr) -> SecretStr:
    if not token.get_secret_value():
        raise ValueError("is empty; `bridgekit init` makes a good one")
    if not re.fullmatch(r"[!-~]+", token.get_secret_value()):  # goes into an HTTP header
        raise ValueError("must be ASCII without spaces; `bridgekit init` makes a good one")
    return token


def _listen(value: Any) -> TCPAddress | UnixAddress:
    if isinstance(value, str) and value.startswith("unix:/"):
        return UnixAddress(Path(value.removeprefix("unix:")))
    address = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/]+)):(\d{1,5})", str(value))
    if address is None or not 0 < int(address[3]) <= _MAX_PORT:
        raise ValueError("is no address to listen on; write 127.0.0.1:29300 or unix:/path")
    return TCPAddress(address[1] or address[2], int(address[3]))


def _database(value: Any, info: ValidationInfo) -> SQLiteFile | PostgreSQL:
    text = value if isinstance(value, str) else ""
    if re.match(r"postgres(ql)?://.", text):
        if find_spec("asyncpg") is None:
            raise ValueError("needs a driver; pip install 'matrix-bridgekit[postgres]'")
        return PostgreSQL(SecretStr(text))
    path = text.removeprefix("sqlite:///")
    if path == text or not path or path.startswith(":memory:") or "?" in path:
        raise ValueError("is no database; write sqlite:///bridgekit.db or postgresql://…")
    folder: Path = (info.context or {})["folder"]  # of the configuration file
    return SQLiteFile(folder / path)


def _who(text: str) -> str:
    mxid = rf"@[^\s:]*:{_DOMAIN}"
    if text != EVERYBODY and not re.fullmatch(f"{mxid}|{_DOMAIN}", text):
        raise ValueError('covers nobody; write "*", a server name, or a full @user:server')
    return text


def _chat(value: Any) -> Any:
    """Some networks number their chats; nobody should have to quote that."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _room(text: str) -> str:
    # From room version 12 on a room's ID has no domain.
    if not re.fullmatch(rf"#[^\s:]+:{_DOMAIN}|![^\s:]+(?::{_DOMAIN})?", text):
        raise ValueError("is no room; write #alias:example.org or !id:example.org, in quotes")
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
Token = Annotated[SecretStr, AfterValidator(_token)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HomeserverSettings(_Section):
    url: Annotated[WebAddress, AfterValidator(_homeserver_address)] = Field(
        description="where the bridge reaches the homeserver, like http://localhost:8008"
    )
    domain: Annotated[str, AfterValidator(_domain)] = Field(
        description="the homeserver's server_name, like example.org"
    )


class AppserviceSettings(_Section):
    """How the homeserver and the bridge know each other; the registration says the same."""

    id: Annotated[str, AfterValidator(_appservice_id)] = "bridgekit"
    url: WebAddress = Field(
        description="where the homeserver reaches the bridge, like http://localhost:29300"
    )
    listen: Annotated[TCPAddress | UnixAddress, BeforeValidator(_listen)] = TCPAddress(
        "127.0.0.1", 29300
    )
    public_url: WebAddress | None = None
    bot: Annotated[str, AfterValidator(_bot)] = "bridgebot"
    as_token: Token = Field(description="the as_token of the registration")
    hs_token: Token = Field(description="the hs_token of the registration")
    secret: Token | None = None

    @property
    def signing_key(self) -> bytes:
        """Signs what we send and must outlive restarts: `secret`, else derived from `as_token`."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        return hmac.digest(self.as_token.get_secret_value().encode(), b"bridgekit signs", "sha256")


class ChatLink(_Section):
    """A chat that is bridged from the start; without a room, one is made.

    `shared`: that its room has other chats, which then see what this one says, is meant so.
    """

    chat: Annotated[str, BeforeValidator(_chat)] = Field(
        min_length=1, description='the chat as its network names it, like "#python"'
    )
    room: Annotated[str, AfterValidator(_room)] | None = None
    direction: Flow = Flow.BOTH
    shared: bool = False


class MembersSettings(_Section):
    """How many of a network's people are brought to Matrix before they say something.

    Of a chat of more than `up_front` members each joins when they first speak; 0: so in all chats.
    The other two are caps on what is done in advance; who speaks waits for neither.
    """

    up_front: int = Field(
        default=200, ge=0, description="how many members a chat may have whose people all join"
    )
    joins_per_second: float = Field(
        default=20.0, gt=0, allow_inf_nan=False, description="how many join in a second"
    )
    new_ghosts_per_hour: int = Field(
        default=10_000, ge=1, description="how many accounts are made in an hour"
    )


class RoomsSettings(_Section):
    """How rooms are made. Without a `version` they get the homeserver's default."""

    version: Annotated[str, BeforeValidator(_chat)] | None = Field(
        default=None, min_length=1, description='a room version of the homeserver, like "12"'
    )


class NetworkSettings(_Section):
    """What every network has; the rest is its adapter's.

    `directory` says whether the rooms that the bridge makes are listed in the homeserver's room
    directory, `space` whether they are gathered in a space.
    """

    adapter: str | None = None
    directory: Literal["public", "unlisted"] = "unlisted"
    space: bool = False
    links: tuple[ChatLink, ...] = ()
    members: MembersSettings = MembersSettings()
    fallbacks: FallbackSettings = FallbackSettings()
    expire_after: ExpirySettings = ExpirySettings()
    history: HistorySettings = HistorySettings()


class Settings(_Section):
    """The file, but for its networks."""

    homeserver: HomeserverSettings = Field(
        description="{url: http://localhost:8008, domain: example.org}"
    )
    appservice: AppserviceSettings = Field(description="`bridgekit init` writes it")
    database: Annotated[SQLiteFile | PostgreSQL, BeforeValidator(_database)] = Field(
        default="sqlite:///bridgekit.db", validate_default=True
    )
    permissions: dict[Annotated[str, AfterValidator(_who)], Level] = Field(
        min_length=1,
        description='who may do what, like {"*": relay, "@you:example.org": admin}',
    )
    media: MediaSettings = MediaSettings()
    rooms: RoomsSettings = RoomsSettings()
    waiting: WaitingSettings = WaitingSettings()
