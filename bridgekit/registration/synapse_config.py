"""What Synapse's own configuration says of registrations: which it loads, and whether it can."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridgekit.adapter_supports import Finding
from bridgekit.configuration.paths import is_there
from bridgekit.configuration.yaml_source import Document, read
from bridgekit.errors import ConfigError
from bridgekit.mistakes.of_homeservers import (
    HS_CONFIG_UNUSABLE,
    HS_FORCES_ENCRYPTION,
    LIST_UNREAD,
    LISTED_MISSING,
    MAU_LIMITED,
    NOT_LISTED,
    REG_UNREADABLE,
)
from bridgekit.mistakes.of_installations import NOT_COMPARED
from bridgekit.mistakes.of_registrations import STALE_COPY
from bridgekit.registration.reading import Registered
from bridgekit.registration.reading import read as read_registration
from bridgekit.registration.sandbox import hidden

_KEY = "app_service_config_files"
_NAME, _ADDED = "homeserver.yaml", "conf.d"  # Debian starts Synapse with both
_OF_ONE = ("id", "url", "as_token", "hs_token")  # each bridge has its own
_HOLDS_NOTHING = "`bridgekit init`"  # what is said of an empty file, and right of our own only


@dataclass(frozen=True, slots=True)
class HomeserverConfig:
    """`files` are those that it loads, as they are found from where this runs.

    `unread` says why it is not that simple; "" where it is.
    """

    path: Path
    server_name: str | None
    listens: Sequence[int]
    files: Sequence[Path]
    unread: str
    mau_limited: bool
    encrypts: str  # which new rooms it encrypts by itself: all, invite or off

    def where_to_add(self, file: Path) -> str:
        """The exact lines for one more registration."""
        if self.files:
            return f"Add this line under {_KEY} in {self.path}, and restart Synapse:\n  - {file}"
        return f"Add these lines to {self.path}, and restart Synapse:\n{_KEY}:\n  - {file}"


def load(path: Path) -> HomeserverConfig | Finding:
    """Read homeserver.yaml, with Debian's conf.d beside it, or a folder of such files.

    A finding if that is none of Synapse's.
    """
    try:
        document = _merged(path)
    except (ConfigError, OSError, RecursionError) as error:
        what, _, fix = str(error).rpartition("; ")
        sayable = what and _HOLDS_NOTHING not in fix
        return HS_CONFIG_UNUSABLE.found(what or str(path), fix if sayable else "")
    if "app_service_api" in document.data or "client_api" in document.data:
        return HS_CONFIG_UNUSABLE.found(
            f"{path}: this is Dendrite's configuration, which only a person can check here.",
            "See that app_service_api.config_files names the registration.",
        )
    if not any(key in document.data for key in ("server_name", "listeners", _KEY)):
        return HS_CONFIG_UNUSABLE.found(f"{path}: this is no configuration of Synapse.")
    return _taken(path, document)


def _merged(path: Path) -> Document:
    """As Synapse reads several files, file after file: a later key counts."""
    documents = [] if path.is_dir() else [read(path)]
    if path.is_dir() or path.name == _NAME:
        folder = path if path.is_dir() else path.with_name(_ADDED)
        read_besides = (_of_folder(file) for file in sorted(folder.glob("*.yaml")))
        documents += [one for one in read_besides if one is not None]
    if not documents:
        raise ConfigError(f"{path}: there is no .yaml file in this folder; name homeserver.yaml")
    data = {key: value for one in documents for key, value in one.data.items()}
    faults = tuple((where, f"{one.name}: {why}") for one in documents for where, why in one.faults)
    return replace(documents[0], data=data, faults=faults)


def _of_folder(file: Path) -> Document | None:
    """Of those that hold nothing Synapse says so and goes on."""
    try:
        return read(file)
    except ConfigError as error:
        if _HOLDS_NOTHING in str(error):
            return None
        raise


def _taken(path: Path, document: Document) -> HomeserverConfig:
    data = document.data
    name, listed = data.get("server_name"), data.get(_KEY)
    # Synapse takes them from where it was started; that is the folder of its configuration, mostly.
    files = [
        (path if path.is_dir() else path.parent) / one
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, str)
    ]
    return HomeserverConfig(
        path,
        name if isinstance(name, str) else None,
        list(_ports(data.get("listeners"))),
        files,
        _unread(path, document),
        data.get("limit_usage_by_mau") is True,
        str(data.get("encryption_enabled_by_default_for_room_type", "off")),
    )


def _unread(path: Path, document: Document) -> str:
    """Of a list that stands twice Synapse takes the last, of what is no list nothing."""
    twice = next((why for where, why in document.faults if where == (_KEY,)), None)
    if twice is not None:
        name, _, lines = twice.partition("; ")[0].partition(": ")
        return f"{name}: {_KEY} {lines}, and Synapse takes the last one only."
    listed = document.data.get(_KEY)
    texts = isinstance(listed, list) and all(isinstance(one, str) for one in listed)
    return "" if listed is None or texts else f"{path}: {_KEY} is no list of files."


def _ports(listeners: Any) -> Iterator[int]:
    for one in listeners if isinstance(listeners, list) else ():
        if isinstance(one, dict) and isinstance(one.get("port"), int):
            resources = one.get("resources")
            named = [
                name
                for resource in (resources if isinstance(resources, list) else ())
                if isinstance(resource, dict)
                for name in (resource.get("names") or ())
            ]
            if "client" in named:
                yield one["port"]


def settings(homeserver: HomeserverConfig, *, reads_encrypted: bool = False) -> Iterator[Finding]:
    """Settings of the homeserver that get in a bridge's way."""
    if homeserver.unread:
        yield LIST_UNREAD.found(homeserver.unread)
    if homeserver.mau_limited:
        yield MAU_LIMITED.found(f"{homeserver.path} has limit_usage_by_mau: true.")
    if homeserver.encrypts in ("all", "invite") and not reads_encrypted:
        yield HS_FORCES_ENCRYPTION.found(
            f"{homeserver.path} has encryption_enabled_by_default_for_room_type: "
            f"{homeserver.encrypts}."
        )


def loads(homeserver: HomeserverConfig, file: Path) -> Iterator[Finding]:
    """Whether it loads this registration, or a copy of it that says the same."""
    if any(_same(one, file) for one in homeserver.files):
        return
    own = read_registration(file)
    ours = own.data if isinstance(own, Registered) else {}
    shut: Path | None = None
    for copy in homeserver.files:
        found = read_registration(copy)
        if isinstance(found, Registered) and is_copy(found.data, ours):
            if found.data != ours:
                yield STALE_COPY.found(
                    f"{homeserver.path} loads {copy}, which differs from {file}.",
                    f"Install {file} over {copy}, and restart Synapse.",
                )
            return
        if is_there(copy) is not False and not os.access(copy, os.R_OK, effective_ids=True):
            shut = copy
    if shut is None:
        said = f"{homeserver.path} does not name {file}."
        yield NOT_LISTED.found(said, homeserver.where_to_add(file.absolute()))
    else:
        said = f"{homeserver.path} names {shut}, which may be a copy of {file}: it cannot be read."
        yield NOT_COMPARED.found(said, "Run this as somebody who may read it, like root.")


def is_copy(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both are of one bridge; two bridges may have one `id`, by mistake."""
    same = [key for key in _OF_ONE if one.get(key) == other.get(key) is not None]
    return "id" in same and len(same) > 1


def readable(homeserver: HomeserverConfig, user: str | None) -> Iterator[Finding]:
    """Whether the files that it loads are there, and whether its user may read them."""
    for file in homeserver.files:
        there = is_there(file)
        if there is False:
            yield LISTED_MISSING.found(f"{homeserver.path} names {file}, which is not there.")
        if not there:
            continue
        if (setting := hidden(file)) is not None:
            said = f"Synapse's unit has {setting}, so that it does not see {file}."
            yield REG_UNREADABLE.found(said, _installed(homeserver, file, "matrix-synapse"))
            continue
        if (who := _account(user)) is None:
            continue
        if (blocked := _blocked(who, file)) is not None:
            kind = "enter" if blocked.is_dir() else "read"
            yield REG_UNREADABLE.found(
                f"{who.pw_name} may not {kind} {blocked}, so Synapse cannot read {file}.",
                _installed(homeserver, file, who.pw_name),
            )


def _installed(homeserver: HomeserverConfig, file: Path, user: str) -> str:
    there = f"/etc/matrix-synapse/appservices/{file.name}"
    return (
        f"sudo install -D -o root -g {user} -m 0640 {file} {there}, and name that file in "
        f"{homeserver.path}."
    )


def _account(user: str | None) -> pwd.struct_passwd | None:
    """The homeserver's user: the one that was named, else Debian's."""
    try:
        return pwd.getpwnam(user or "matrix-synapse")
    except KeyError:
        return None


def _blocked(who: pwd.struct_passwd, file: Path) -> Path | None:
    """What on the way to it keeps them out, as far as it can be seen from here."""
    whole = file.resolve()
    way = (one for one in (*reversed(whole.parents), whole) if is_there(one))
    return next((one for one in way if not _may(who, one)), None)


def _may(who: pwd.struct_passwd, path: Path) -> bool:
    """By the modes; access lists and sandboxes can say otherwise."""
    info = path.stat()
    wanted = 0o1 if stat.S_ISDIR(info.st_mode) else 0o4
    groups = {who.pw_gid, *(one.gr_gid for one in grp.getgrall() if who.pw_name in one.gr_mem)}
    if who.pw_uid in (0, info.st_uid):
        return who.pw_uid == 0 or bool(info.st_mode & (wanted << 6))
    if info.st_gid in groups:
        return bool(info.st_mode & (wanted << 3))
    return bool(info.st_mode & wanted)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return one == other
