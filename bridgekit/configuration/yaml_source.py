"""A YAML file as plain data that remembers where each value stands, so that a fault can say so.

What is wrong with the YAML itself becomes a sentence here: its parsers name what they expected,
people need to know what to type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.tokens import ScalarToken

from bridgekit.errors import ConfigError

LARGEST = 8 << 20  # bytes; a long one has some thousand
MOST = 100_000  # values; one that stands for all before it counts as often

Where = tuple[str | int, ...]  # the keys and indexes that lead to a value

# What a parser says, and what it means. First match wins. A value is never quoted: it may be a
# password whose quotes were forgotten.
_MEANINGS = (
    (r"character '\\t'", "there is a tab; indent with spaces only"),
    (
        r"character '(.)' that cannot start",
        "a value cannot start with {0}; put it in single quotes",
    ),
    (r"undefined alias", "what starts with * must be quoted; write '*', or put it in quotes"),
    (
        r"unknown escape character",
        "a backslash means something else in double quotes; use single quotes",
    ),
    (
        r"mapping values are not allowed",
        "a colon is where none can be; line the key up, or put a value with ': ' in it in quotes",
    ),
    (r"expected ':'", "this line is no `key: value`; add the colon and the value, or remove it"),
    (
        r"unexpected end of stream|found unexpected document separator",
        "a quote is opened {1} and never closed; close it",
    ),
    (
        r"expected ',' or '[\]}]'|found '<stream end>'",
        "a bracket opened {1} is not closed; close it, and quote values that start with #",
    ),
    (r"found another document", "a second document starts; remove the --- and what follows"),
    (
        r"constructor for the tag|undefined tag",
        "a value cannot start with !; put it in single quotes",
    ),
    (
        r"expected <block end>",
        "this does not belong here; check the indentation, and double a quote in quotes ('it''s')",
    ),
)

_KEY_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


class _Constructor(SafeConstructor):
    """Leaves a date as its text: no setting is one, and a chat or a password may look like one."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


class Place(NamedTuple):
    """Both count from 1, as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a YAML file whose top is a mapping; `name` is the file as people called it."""

    name: str
    data: dict[str, Any]
    keys: Mapping[Where, Place]
    values: Mapping[Where, Place]
    faults: tuple[tuple[Where, str], ...]  # of keys; the rest could be read

    def place(self, where: Where, *, key: bool = False) -> Place:
        """Where a value (or its key) stands; what is missing stands where it would belong."""
        entry = where in self.values and where not in self.keys  # of a list
        found = self.keys.get(where) if key and not entry else self.values.get(where)
        if found is not None or not where:
            return found or Place(1, 1)
        return self.place(where[:-1], key=True)


def read(path: Path) -> Document:
    """Read and parse a file; `ConfigError` if there is nothing to work with."""
    try:
        with path.open("rb") as file:  # which may be a pipe, or /dev/zero
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ConfigError(f"{path}: this is far too large for a configuration; check the path")
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: this is a folder; name the file in it") from None
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check who owns it and its permissions"
        raise ConfigError(f"{path}: {why}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is not UTF-8 text; save it as UTF-8") from error
    return parse(str(path), text)


def parse(name: str, text: str) -> Document:
    """Parse YAML 1.2; `ConfigError` if it is none, or its top is no mapping."""
    try:
        steps = list(islice(_walk(_loader().compose(text), (), ()), MOST))
        if len(steps) == MOST:
            raise ConfigError(f"{name}: there are far too many values in it; check the path")
        data = _loader().load(text)
    except RecursionError:
        raise ConfigError(f"{name}: it is nested far too deeply; check the path") from None
    except MarkedYAMLError as error:
        raise ConfigError(f"{name}:{_mark(_culprit(error))} {_meaning(error, text)}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        why = "there is a character that YAML forbids; retype this line"
        raise ConfigError(f"{name}:{line}:1 {why}") from None
    if not isinstance(data, dict):
        what = "is empty" if data is None else "holds no `key: value` lines"
        raise ConfigError(f"{name}: the file {what}; `bridgekit init` writes one to start from")
    keys, values, faults = _places(steps)
    return Document(name, _text_keys(data), keys, values, tuple(faults))


def parse_as_1_1(text: str) -> Mapping[str, Any]:
    """What programs make of it that read YAML 1.1, such as Synapse; empty where it is none."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)
    yaml.allow_duplicate_keys = True
    with suppress(YAMLError, RecursionError, ValueError):
        data = yaml.load(text)
        return data if isinstance(data, dict) else {}
    return {}


def parse_value(text: str) -> Any:
    """A single value, as it could stand in a file; ValueError if it is no YAML."""
    try:
        return _loader().load(text)
    except YAMLError:
        raise ValueError("is not valid YAML") from None


def spell(where: Where) -> str:
    """The way to a value, for people: `networks.libera.links[0].chat`."""
    text = ""
    for step in where:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", step, re.ASCII):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return text


def _loader() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = True  # reported by us, all of them at once
    return yaml


def _walk(
    node: Node, where: Where, above: tuple[Node, ...]
) -> Iterator[tuple[Where, Node | None, Node]]:
    """Each value's way, its key's node (None in a list) and its own node, depth first."""
    if node in above:
        problem = "found undefined alias"
        raise MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else "?"
            yield (*where, name), key, value
            yield from _walk(value, (*where, name), (*above, node))
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            yield (*where, index), None, value
            yield from _walk(value, (*where, index), (*above, node))


def _places(
    steps: Iterable[tuple[Where, Node | None, Node]],
) -> tuple[dict[Where, Place], dict[Where, Place], list[tuple[Where, str]]]:
    """Where the keys and the values stand, and what is wrong with the keys."""
    keys: dict[Where, Place] = {}
    values: dict[Where, Place] = {}
    faults: list[tuple[Where, str]] = []
    again: set[Where] = set()  # and all that it holds: the first one counts
    for where, key, value in steps:
        if where[:-1] in again or where in values:
            again.add(where)
            if where[:-1] not in again:
                lines = f"lines {keys[where].line} and {_place(key or value).line}"
                faults.append((where, f"stands in {lines}; remove one of the two"))
            continue
        if key is not None:
            keys[where] = _place(key)
            if key.tag not in _KEY_TAGS:
                faults.append((where, "is a key that is no text; put it in quotes"))
        nothing = value.start_mark.index == value.end_mark.index
        values[where] = _place(key if key is not None and nothing else value)
    return keys, values, faults


def _text_keys(data: Any) -> Any:
    """The data without what stands under other keys, which is reported and of no use."""
    if isinstance(data, dict):
        return {key: _text_keys(value) for key, value in data.items() if isinstance(key, str)}
    return [_text_keys(value) for value in data] if isinstance(data, list) else data


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _mark(mark: StringMark | None) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"


def _culprit(error: MarkedYAMLError) -> StringMark | None:
    """Where to mend it. What is left open, or lacks its colon, is noticed only further down."""
    later = re.search(r"unexpected|expected [':,]|'<stream end>'", error.problem or "")
    context: StringMark | None = (
        error.context_mark if later and "'<block" not in (error.problem or "") else None
    )
    problem: StringMark | None = error.problem_mark
    return context or problem


def _swallowing(error: MarkedYAMLError, text: str) -> tuple[int, int] | None:
    """The lines of a quote that was not closed and took the next one for its end, if one did."""
    found: tuple[int, int] | None = None
    with suppress(YAMLError):
        for token in _loader().scan(text):
            first, last = token.start_mark.line, token.end_mark.line
            if isinstance(token, ScalarToken) and not token.plain and first < last:
                found = (first + 1, last + 1)
            if error.problem_mark and token.end_mark.index >= error.problem_mark.index:
                break
    return (
        found if found and error.problem_mark and found[1] == error.problem_mark.line + 1 else None
    )


def _meaning(error: MarkedYAMLError, text: str) -> str:
    if lines := _swallowing(error, text):
        return f"a quote is opened in line {lines[0]} and closed in line {lines[1]} only; close it"
    opened = f"in line {error.context_mark.line + 1}" if error.context_mark else "above"
    for pattern, meaning in _MEANINGS:
        if found := re.search(pattern, error.problem or ""):
            return meaning.format((*found.groups(), "")[0], opened)
    return "this is not valid YAML; check quotes, colons and indentation in this line"
