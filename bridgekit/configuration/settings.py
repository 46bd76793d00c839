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

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)

from bridgekit.configuration.addresses import Token, WebAddress, homeserver_address
from bridgekit.configuration.command_settings import APISettings, CommandSettings
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.configuration.fallback_settings import ExpirySettings, FallbackSettings
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.configuration.listening import TCPAddress, UnixAddress, address_to_listen
from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.configuration.paths import is_there
from bridgekit.configuration.permission_settings import DOMAIN, Line, Who
from bridgekit.configuration.puppet_settings import PuppetSettings
from bridgekit.configuration.relay_settings import RelaySettings
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.configuration.sync_settings import SyncSettings
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.models import Flow


@dataclass(frozen=True, slots=True)
class SQLiteFile:
    """The database is this file."""

    path: Path

    @property
    def is_there(self) -> bool:
        """As far as can be said: not where its folder may not be entered."""
        return is_there(self.path) is True


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """The database is behind this URL, which may hold a password."""

    url: SecretStr


def _domain(text: str) -> str:
    if "://" in text:
        raise ValueError("must be the name after the colon in its users' IDs; leave out http://")
    if text.startswith(("@", "#")) or not re.fullmatch(DOMAIN, text):
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


def _chat(value: Any) -> Any:
    """Some networks number their chats; nobody should have to quote that."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _room(text: str) -> str:
    # From room version 12 on a room's ID has no domain.
    if not re.fullmatch(rf"#[^\s:]+:{DOMAIN}|![^\s:]+(?::{DOMAIN})?", text):
        raise ValueError("is no room; write #alias:example.org or !id:example.org, in quotes")
    return text


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HomeserverSettings(_Section):
    url: Annotated[WebAddress, AfterValidator(homeserver_address)] = Field(
        description="where the bridge reaches the homeserver, like http://localhost:8008"
    )
    domain: Annotated[str, AfterValidator(_domain)] = Field(
        description="the homeserver's server_name, like example.org"
    )


def _key(token: SecretStr, *, derived: bool = False) -> bytes:
    raw = token.get_secret_value().encode()
    return hmac.digest(raw, b"bridgekit signs", "sha256") if derived else raw


class AppserviceSettings(_Section):
    """How the homeserver and the bridge know each other; the registration says the same."""

    id: Annotated[str, AfterValidator(_appservice_id)] = "bridgekit"
    url: WebAddress = Field(
        description="where the homeserver reaches the bridge, like http://localhost:29300"
    )
    listen: Annotated[TCPAddress | UnixAddress, BeforeValidator(address_to_listen)] = TCPAddress(
        "127.0.0.1", 29300
    )
    public_url: WebAddress | None = None
    bot: Annotated[str, AfterValidator(_bot)] = "bridgebot"
    as_token: Token = Field(description="the as_token of the registration")
    hs_token: Token = Field(description="the hs_token of the registration")
    as_token_next: Token | None = Field(
        default=None, description="the as_token that the homeserver is about to know"
    )
    hs_token_next: Token | None = Field(
        default=None, description="the hs_token that the homeserver is about to use"
    )
    secret: Token | None = None
    encryption_key: Token | None = Field(
        default=None, description="seals what people sign in with, where the database keeps it"
    )
    old_encryption_keys: tuple[Token, ...] = Field(
        default=(), description="what encryption_key, secret or as_token were before"
    )

    @property
    def as_tokens(self) -> tuple[str, ...]:
        """The present one and, while it is being changed, the next."""
        both = (self.as_token, self.as_token_next)
        return tuple(token.get_secret_value() for token in both if token is not None)

    @property
    def hs_tokens(self) -> tuple[str, ...]:
        """See `as_tokens`."""
        both = (self.hs_token, self.hs_token_next)
        return tuple(token.get_secret_value() for token in both if token is not None)

    @property
    def signing_key(self) -> bytes:
        """Signs what we send and must outlive restarts: `secret`, else derived from `as_token`."""
        return _key(self.as_token, derived=True) if self.secret is None else _key(self.secret)

    @property
    def sealing_keys(self) -> tuple[bytes, ...]:
        """What is secret in the database: the first seals it, each opens it.

        An old one may have been any of those that `signing_key` comes from.
        """
        present = () if self.encryption_key is None else (_key(self.encryption_key),)
        both = (False, True)
        old = [_key(key, derived=one) for key in self.old_encryption_keys for one in both]
        return (*present, self.signing_key, *old)


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
    """How rooms are made. Without a `version` they get the homeserver's default.

    `send_status`: what clients that can shall show at a message, beside the notices.
    """

    version: Annotated[str, BeforeValidator(_chat)] | None = Field(
        default=None, min_length=1, description='a room version of the homeserver, like "12"'
    )
    send_status: Literal["nothing", "failures", "everything"] = "nothing"


class NetworkSettings(_Section):
    """What every network has; the rest is its adapter's.

    `directory` says whether the rooms that the bridge makes are listed in the homeserver's room
    directory, `space` whether they are gathered in a space, `personal_space` whether everybody's
    direct chats are, in a space that only they are in.
    """

    adapter: str | None = None
    directory: Literal["public", "unlisted"] = "unlisted"
    space: bool = False
    personal_space: bool = False
    links: tuple[ChatLink, ...] = ()
    members: MembersSettings = MembersSettings()
    fallbacks: FallbackSettings = FallbackSettings()
    expire_after: ExpirySettings = ExpirySettings()
    history: HistorySettings = HistorySettings()
    relay: RelaySettings = RelaySettings()
    inbox: InboxSettings = InboxSettings()
    sync: SyncSettings = SyncSettings()


class Settings(_Section):
    """The file, but for its networks."""

    homeserver: HomeserverSettings = Field(
        description="{url: http://localhost:8008, domain: example.org}"
    )
    appservice: AppserviceSettings = Field(description="`bridgekit init` writes it")
    database: Annotated[SQLiteFile | PostgreSQL, BeforeValidator(_database)] = Field(
        default="sqlite:///bridgekit.db", validate_default=True
    )
    commands: CommandSettings = CommandSettings()
    api: APISettings = APISettings()
    permissions: dict[Who, Line] = Field(
        min_length=1,
        description='who may do what, like {"*": relay, "@you:example.org": admin}',
    )
    double_puppets: dict[Annotated[str, AfterValidator(_domain)], PuppetSettings] = Field(
        default_factory=dict, description="{example.org: {as_token: …}}"
    )
    encryption: EncryptionSettings = EncryptionSettings()
    media: MediaSettings = MediaSettings()
    moderation: ModerationSettings = ModerationSettings()
    rooms: RoomsSettings = RoomsSettings()
    scan: ScanSettings = ScanSettings()
    waiting: WaitingSettings = WaitingSettings()
    operations: OperationSettings = OperationSettings()
