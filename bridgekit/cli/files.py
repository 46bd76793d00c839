"""New files with secrets in them: whole or not at all, for one reader, and never over another."""

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from bridgekit.cli.exits import Exit, Failure

_PRIVATE = 0o600


def refuse_existing(paths: Iterable[Path]) -> None:
    """`Failure` if one of these is there already."""
    for path in paths:
        try:
            there = path.exists() or path.is_symlink()
        except OSError as error:  # its folder may not be entered
            raise unwritable(path, error) from error
        if there:
            raise _exists(path)


def refuse_missing_folders(paths: Iterable[Path]) -> None:
    """`Failure` if one of these would be in a folder that is not there."""
    for path in paths:
        if not path.parent.is_dir():
            raise Failure(
                Exit.USAGE,
                f"{path} cannot be written: the folder {path.parent} does not exist; make it.",
            )


def write_new(files: Mapping[Path, str]) -> None:
    """Write all of them or none; `Failure` if one exists or cannot be written."""
    refuse_existing(files)
    with ExitStack() as undo:
        for path in files:
            _reserve(path)
            undo.callback(path.unlink, missing_ok=True)
        for path, text in files.items():
            _fill(path, text)
        undo.pop_all()


def _reserve(path: Path) -> None:
    """Take the name, so that replacing it afterwards destroys nobody's file."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise unwritable(path, error) from error


def _fill(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE), "wb") as to:
            to.write(text.encode())
            to.flush()
            os.fsync(to.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def _exists(path: Path) -> Failure:
    return Failure(
        Exit.USAGE,
        f"{path} exists already and is never overwritten; move it away, or name another file.",
    )


def unwritable(path: Path, error: OSError) -> Failure:
    """What to say of a file that cannot be made."""
    return Failure(
        Exit.USAGE,
        f"{path} cannot be written: {error.strerror}; name another file, or make its folder yours.",
    )
