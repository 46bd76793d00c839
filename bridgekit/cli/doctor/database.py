"""The checks of `doctor` on the database: may it be used, is it ours, is it this bridge's."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli import running
from bridgekit.cli.asking import Asking, patient
from bridgekit.cli.output import count, local
from bridgekit.configuration.config import Config
from bridgekit.configuration.paths import is_there
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.errors import DatabaseError
from bridgekit.mistakes.of_homeservers import ANOTHER_INSTANCE
from bridgekit.mistakes.of_installations import (
    DB_FOLDER,
    DB_LEFT_BEHIND,
    DB_NETWORK_DISK,
    DB_NO_VOLUME,
    DB_UNUSABLE,
    DISK_FULL,
    EDITED_COPY,
    FAILED_MESSAGES,
    HS_DATABASE,
    NAMESPACE_CHANGED,
    NOT_WRITABLE,
    SCHEMA_NEWER,
    SCHEMA_OLDER,
    SERVER_NAME_CHANGED,
    SQLITE_LOCKED,
)
from bridgekit.mistakes.of_registrations import AUTO_REGENERATED, SECRETS_OPEN
from bridgekit.operating.starts import RELOAD, last_read, last_start, tokens_replaced
from bridgekit.store.beside import reading
from bridgekit.store.fence import holder
from bridgekit.store.jobs import Jobs
from bridgekit.store.origins import Origins
from bridgekit.store.reader import Reader
from bridgekit.store.sharing import unfit
from bridgekit.store.words import WordRows

_LEAST_FREE = 256 << 20  # bytes
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs")
_CONTAINER = ("overlay", "aufs")


async def database(config: Config, *, offline: bool = False) -> AsyncIterator[Finding]:
    """Read it, without making or changing it. `offline`: the homeserver is not asked of it."""
    where = config.database
    if isinstance(where, SQLiteFile):
        for finding in _folder(where):
            yield finding
        if not where.is_there:
            return
    try:
        async with reading(database_url(config)) as reader:
            yield Finding(Severity.OK, "It can be read.")
            async for finding in _content(config, reader, offline=offline):
                yield finding
            if (taken := await _held(config, reader)) is not None:
                yield taken
    except DatabaseError as error:
        for fault in error.faults:
            yield _unusable(fault)
        return
    if isinstance(where, SQLiteFile) and where.path.stat().st_mode & 0o077:
        yield SECRETS_OPEN.found(
            f"Others on this machine may read {where.path}, which holds what people wrote.",
            f"chmod 600 {where.path}*",
        )


def _folder(where: SQLiteFile) -> Iterator[Finding]:
    path, user = where.path, os.geteuid()
    chown = f"sudo chown -R {user} {path.parent}"
    if (there := is_there(path.parent)) is None:
        said = f"User {user} may not enter a folder above {path}."
        yield NOT_WRITABLE.found(said, f"Let them, or move the database; {chown}")
    elif not there:
        yield DB_FOLDER.found(f"{path} cannot be made: its folder does not exist.")
    if not there:
        return
    touched = [path.parent, *([path] if where.is_there else [])]
    denied = next((one for one in touched if not _may_write(one)), None)
    if denied is not None:
        yield NOT_WRITABLE.found(f"User {user} may not write {denied}.", chown)
    elif not where.is_there:
        yield Finding(Severity.OK, f"{path} does not exist yet; the bridge makes it.")
    kind = _file_system(path.parent.resolve())
    if kind in _REMOTE:
        yield DB_NETWORK_DISK.found(f"{path} is on a disk of the network ({kind}).")
    elif denied is None:
        yield from _tried(path.parent)
    if kind in _CONTAINER:
        fix = f"Mount a volume at {path.parent.resolve()}: -v bridgekit:{path.parent.resolve()}"
        yield DB_NO_VOLUME.found(f"{path} is inside the container ({kind}).", fix)
    if (free := _free(path.parent)) < _LEAST_FREE:
        yield DISK_FULL.found(f"{free >> 20} MB are free where {path} is.")


def _tried(folder: Path) -> Iterator[Finding]:
    try:
        why = unfit(folder)
    except OSError as error:
        what = os.strerror(error.errno or 0)
        yield NOT_WRITABLE.found(f"A file in {folder} could not be written: {what}.")
        return
    if why is not None:
        yield SQLITE_LOCKED.found(f"{folder} is no place for a SQLite file: {why}.")


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=True)


def _file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of the file system that a folder is on; "" where nobody says."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    found = [line.split()[1:3] for line in lines if len(line.split()) > 2]  # noqa: PLR2004 (fields)
    above = {str(folder), *(str(one) for one in folder.parents)}
    fitting = [(len(at), kind) for at, kind in found if at.replace("\\040", " ") in above]
    return max(fitting, default=(0, ""))[1]


async def _content(config: Config, reader: Reader, *, offline: bool) -> AsyncIterator[Finding]:
    dead = sum(one.dead for one in await Jobs(reader).listed())
    if dead:
        yield FAILED_MESSAGES.found(f"{count(dead, 'message')} failed and can be sent again.")
    origins = Origins(reader)
    domain = config.homeserver.domain
    others = [one for one in await origins.domains(domain) if one]
    if others:
        said = f"The database has users of {others[0]}, and homeserver.domain is {domain}."
        yield SERVER_NAME_CHANGED.found(said, f"Write homeserver.domain: {others[0]} again.")
    unnamed = [one for one in await origins.networks() if one not in config.networks]
    if unnamed:
        yield NAMESPACE_CHANGED.found(
            f"The database has chats of {', '.join(unnamed)}, and the configuration none of it."
        )
    empty = not offline and not await origins.networks()
    if empty and (rooms := await _unknown_rooms(config, reader)):
        yield DB_LEFT_BEHIND.found(
            f"The database knows no chat, and the bot is in {count(rooms, 'room')} already."
        )
    for name in await tokens_replaced(reader, config):
        at = local(await last_start(reader) or 0)
        yield AUTO_REGENERATED.found(
            f"appservice.{name} is another one than at the last good start, on {at}."
        )
    async for finding in _edited(config, reader):
        yield finding


async def _unknown_rooms(config: Config, reader: Reader) -> int:
    """How many rooms the bot is in, but for those that it made to tell somebody something."""
    async with patient() as session:
        rooms = await Asking(config, session).rooms_of_bot() or ()
    return len(set(rooms) - await WordRows(reader).rooms())


async def _edited(config: Config, reader: Reader) -> AsyncIterator[Finding]:
    """A running bridge has what was in the file when it read it."""
    if await running.answers(config) != running.RUNS:
        return
    read = await last_read(reader)
    changed = config.path.stat().st_mtime
    if read is None:
        return
    if changed * 1000 > read.at:
        at = datetime.fromtimestamp(changed, UTC).astimezone().isoformat(" ", "seconds")
        yield EDITED_COPY.found(
            f"{config.path.absolute()} was changed at {at}, after the bridge has read it."
        )
    elif read.what == RELOAD and read.detail:
        said = f"It was reloaded, and this waits for a restart: {read.detail}."
        yield EDITED_COPY.found(said, "Restart the bridge.")


async def _held(config: Config, reader: Reader) -> Finding | None:
    """Whether somebody uses it who does not listen where this configuration says."""
    where = config.database
    if isinstance(where, SQLiteFile):
        process = _holder(where.path)
        who = process and f"process {process}"
        fix = f"Stop that one: kill {process}"
    else:
        who = await holder(reader)
        fix = "Stop that one, wherever it runs."
    if not who or await running.answers(config) is not None:
        return None
    return ANOTHER_INSTANCE.found(
        f"Another bridge ({who}) uses the database, and does not listen where this configuration "
        "says.",
        fix,
    )


def _holder(path: Path) -> str | None:
    """The process that has the database; None if nobody has."""
    try:
        with path.with_name(path.name + ".lock").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read(20).decode("ascii", "replace").strip() or "unknown"
    except OSError:
        return None
    return None


def _unusable(fault: str) -> Finding:
    what, _, fix = fault.rpartition("; ")
    if "by a newer bridgekit" in fault:
        return SCHEMA_NEWER.found(what or fault, fix)
    if "by an older bridgekit" in fault:
        return SCHEMA_OLDER.found(what or fault)
    if "something else (" in fault:
        return HS_DATABASE.found(what or fault)
    return DB_UNUSABLE.found(what or fault, fix)
