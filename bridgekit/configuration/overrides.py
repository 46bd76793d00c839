"""What comes into the configuration from outside its file: environment variables, secret files.

`BRIDGEKIT_NETWORKS__LIBERA__PASSWORD` sets `networks.libera.password`; `password_file` (or that
variable with `_FILE`) names a file that holds it. The file itself is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridgekit.configuration.faults import Faults, closest
from bridgekit.configuration.schema import (
    fields,
    holds_secrets,
    is_keyed,
    is_secret,
    is_structure,
    nested,
)
from bridgekit.configuration.yaml_source import Where, parse_value

PREFIX = "BRIDGEKIT_"
_FILE = "_file"

# What examples and templates hold where a real value belongs.
_PLACEHOLDER = re.compile(
    r"…|\.{3}|x{3,}|\*{3,}|change[ _-]?(me|this)!?|generated?|todo|your[ _-].*|<[a-z _-]+>",
    re.IGNORECASE,
)


def apply_environment(
    environ: Mapping[str, str], data: dict[str, Any], sections: Iterable[str], faults: Faults
) -> None:
    """Put what the environment sets into `data`; `sections` are the keys of its top."""
    known = set(sections)
    for variable in sorted(environ):
        steps = variable.removeprefix(PREFIX).split("__")
        if not variable.startswith(PREFIX):
            continue
        if steps[0].lower() in known:
            _set(data, (), steps, environ[variable], variable, faults)
        elif len(steps) > 1:  # without "__" it may be meant for something else
            faults.origins[variable,] = variable
            what = closest(steps[0], known)
            faults.add((variable,), f"sets nothing, as there is no {steps[0].lower()}; {what}")


def prepare(
    data: dict[str, Any],
    model: type[BaseModel],
    where: Where,
    folder: Path,
    faults: Faults,
    also: frozenset[str] = frozenset(),
) -> None:
    """Make `data` ready for `model`: secrets read from their files, unknown keys reported.

    `folder` is what the paths of secret files start from; `also` are keys that are known though
    they are not the model's.
    """
    known = fields(model)
    for key in [key for key in data if key not in known and key not in also]:
        secret = key.removesuffix(_FILE)
        if key != secret and secret in known and is_secret(known[secret]):
            _read_secret(data, key, where, folder, faults)
        elif model.model_config.get("extra") != "allow":
            files = {f"{name}{_FILE}" for name in known if is_secret(known[name])}
            faults.unknown((*where, key), known.keys() | files | also, "known key")
            del data[key]
    for key in known.keys() & data.keys():
        at = (*where, key)
        if at in faults.origins and is_structure(known[key]):
            _parse(data, key, at, faults)
        if holds_secrets(known[key]):
            faults.hide(data[key])
        if isinstance(data[key], str) and _PLACEHOLDER.fullmatch(data[key].strip()):
            faults.add(at, "still holds the placeholder; put the real value there")
            faults.settle(at)
        inner = nested(known[key])
        if inner is not None:
            for way, value in _mappings(data[key], at, known[key]):
                prepare(value, inner, way, folder, faults)


def _set(
    node: dict[str, Any],
    where: Where,
    steps: list[str],
    value: str,
    variable: str,
    faults: Faults,
) -> None:
    key = _key(node, steps[0], where)
    at = (*where, key)
    if len(steps) == 1:
        # The environment wins over the file, in either of the two forms that a secret has.
        other = key.removesuffix(_FILE) if key.endswith(_FILE) else f"{key}{_FILE}"
        if (*where, other) not in faults.origins:
            node.pop(other, None)
        node[key] = value
        faults.origins[at] = variable
        return
    if node.get(key) is None:
        node[key] = {}
        faults.origins[at] = variable
    if isinstance(node[key], dict):
        _set(node[key], at, steps[1:], value, variable, faults)
    else:
        faults.origins[at] = variable
        faults.add(at, f"holds no keys, so {variable} cannot set one; set the whole value")
        faults.settle(at)


def _key(node: dict[str, Any], step: str, where: Where) -> str:
    """The key that a step of a variable's name means; a shell's names have no "-"."""
    spelt = step.lower()
    same = (key for key in node if key.lower().replace("-", "_") == spelt)
    network = where == ("networks",)
    return next(same, spelt.replace("_", "-") if network else spelt)


def _parse(data: dict[str, Any], key: str, at: Where, faults: Faults) -> None:
    try:
        data[key] = parse_value(data[key]) if isinstance(data[key], str) else data[key]
    except ValueError:
        faults.add(at, 'is not valid YAML; write it like [one, two] or {"key": value}')
        faults.settle(at)


def _read_secret(
    data: dict[str, Any], key: str, where: Where, folder: Path, faults: Faults
) -> None:
    at, secret = (*where, key), key.removesuffix(_FILE)
    named = data.pop(key)
    if (*where, key) in faults.origins:
        faults.origins[*where, secret] = faults.origins[at]
    if secret in data:
        faults.add(at, f"is there as well as {secret}; keep one of the two")
        return
    if not isinstance(named, str) or not named:
        faults.add(at, "must be the path of a file; write one, relative to this configuration")
    else:
        try:
            data[secret] = _secret_text(folder / named)
        except _UnreadableError as why:
            faults.add(at, str(why))
    if secret not in data:
        faults.settle((*where, secret))


class _UnreadableError(Exception):
    """Why a secret file gives no secret, as a sentence that reads on from the key."""


def _secret_text(path: Path) -> str:
    try:
        text = path.read_text("utf-8").rstrip("\r\n")
    except FileNotFoundError:
        raise _UnreadableError(f"names {path}, which does not exist; create it") from None
    except OSError as error:
        why = f"names {path}, which cannot be read ({error.strerror}); check its permissions"
        raise _UnreadableError(why) from None
    except UnicodeDecodeError:
        why = f"names {path}, which holds no text; write the secret into it as text"
        raise _UnreadableError(why) from None
    if not text or "\n" in text:
        why = f"names {path}, which must hold one line; write the secret into it and nothing else"
        raise _UnreadableError(why)
    return text


def _mappings(value: Any, at: Where, field: FieldInfo) -> Iterator[tuple[Where, dict[str, Any]]]:
    """The mappings that a nested model will read: the value itself, or each entry of it."""
    entries: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, list):
        entries = enumerate(value)
    elif isinstance(value, dict) and is_keyed(field):
        entries = value.items()
    elif isinstance(value, dict):
        yield at, value
    for step, entry in entries:
        if isinstance(entry, dict):
            yield (*at, step), entry
