"""A registration file, of any bridge, as it is on disk; or a finding that says why it is none."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridgekit.adapter_supports import Finding
from bridgekit.configuration.paths import tracked
from bridgekit.configuration.yaml_source import Document, Where, parse, parse_as_1_1, spell
from bridgekit.errors import ConfigError
from bridgekit.mistakes.mistake import Mistake
from bridgekit.mistakes.of_registrations import (
    CONFIG_AS_REG,
    IN_GIT,
    REG_UNUSABLE,
    SECRETS_OPEN,
    TYPO_KEY,
    YAML_TYPES,
)

LARGEST = 256 << 10  # bytes; a real one has a few hundred
_BRACKETS = 1000  # and each costs, where one opens within another
_ALIASES = re.compile(r"(?m)(?:^|[\s\[,{:])\*\w")  # of which each may stand for all before it
_MOST_ALIASES = 20
_OTHERS = stat.S_IRWXO
_TOKENS = ("as_token", "hs_token")
_OF_A_CONFIG = ("homeserver", "bridge", "networks", "appservice")


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration that could be read; what else is wrong with it others find."""

    path: Path
    document: Document
    as_yaml_1_1: Mapping[str, Any]  # where yes, 1_000 and 2026-01-31 are no texts

    @property
    def data(self) -> Mapping[str, Any]:
        return self.document.data

    @property
    def name(self) -> str:
        return self.document.name

    def text(self, key: str) -> str:
        """A value that should be a text; "" if it is none."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    @property
    def lends_people(self) -> bool:
        """Whether it is one for double puppets: nothing is sent, anybody may be spoken for."""
        return "url" in self.data and self.data["url"] is None

    def patterns(self, kind: str) -> list[Pattern]:
        """The entries of a namespace that have a pattern."""
        namespaces = self.data.get("namespaces")
        entries = namespaces.get(kind) if isinstance(namespaces, dict) else None
        return [
            Pattern(self, ("namespaces", kind, index), entry["regex"], entry.get("exclusive"))
            for index, entry in enumerate(entries if isinstance(entries, list) else ())
            if isinstance(entry, dict) and isinstance(entry.get("regex"), str)
        ]

    def found(
        self, mistake: Mistake, where: Where, sentence: str, fix: str = "", *, key: bool = False
    ) -> Finding:
        """A case of it at a value of this file; the sentence reads on from the value's name."""
        place = self.document.place(where, key=key)
        at = f"{self.name}:{place.line}:{place.column}"
        return mistake.found(f"{at} {spell(where)}: {sentence}", fix)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One entry of a namespace."""

    of: Registered = field(repr=False)
    where: Where
    regex: str
    exclusive: object


def read(path: Path) -> Registered | Finding:
    """Read a registration; a finding if there is none that could be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            return REG_UNUSABLE.found(f"{path}: this is no file.")
        if path.is_file() and path.stat().st_size > LARGEST:
            return REG_UNUSABLE.found(f"{path}: this is far too large for a registration.")
        raw = path.read_bytes()
    except FileNotFoundError:
        return REG_UNUSABLE.found(f"{path}: there is no such file.", "Check the path.")
    except IsADirectoryError:
        return REG_UNUSABLE.found(f"{path}: this is a folder.", "Name the file in it.")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is no path"
        return REG_UNUSABLE.found(
            f"{path}: cannot be read ({why}).", "Check who owns it and its permissions."
        )
    return _parsed(path, raw)


def _parsed(path: Path, raw: bytes) -> Registered | Finding:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return REG_UNUSABLE.found(f"{path}: this is not UTF-8 text.")
    if not text.strip():
        return REG_UNUSABLE.found(f"{path}: the file is empty.")
    if text.count("{") + text.count("[") > _BRACKETS or len(_ALIASES.findall(text)) > _MOST_ALIASES:
        return REG_UNUSABLE.found(f"{path}: it is nested far too deeply for a registration.")
    try:
        document = parse(str(path), text)
    except ConfigError as error:
        what, _, fix = str(error).rpartition("; ")
        holds_nothing = "`bridgekit init`" in fix  # right of a configuration only
        return REG_UNUSABLE.found(what) if holds_nothing else YAML_TYPES.found(what, fix)
    if any(key in document.data for key in _OF_A_CONFIG) and "as_token" not in document.data:
        return CONFIG_AS_REG.found(f"{path}: this is the configuration of a bridge.")
    return Registered(path, document, parse_as_1_1(text))


def of_file(file: Registered) -> Iterator[Finding]:
    """What is wrong with the file as such: keys that stand twice, and who may read it."""
    for where, sentence in file.document.faults:
        what, _, fix = sentence.rpartition("; ")
        yield file.found(TYPO_KEY, where, what, fix, key=True)
    if not any(file.text(key) for key in _TOKENS):
        return
    if tracked(file.path):
        fix = f"git rm --cached {file.path.name}, add it to .gitignore, and change the tokens."
        yield IN_GIT.found(f"{file.path} is under version control.", fix)
    if file.path.stat().st_mode & _OTHERS:
        yield SECRETS_OPEN.found(
            f"Everybody on this machine may read {file.path}, which holds tokens.",
            f"chmod o-rwx {file.path}",
        )
