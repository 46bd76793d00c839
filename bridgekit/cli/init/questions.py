"""What `init` asks a person at a terminal, for what the options have not answered yet.

Each answer is checked as the configuration would be, and asked again with what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_origin

import typer
from pydantic import BaseModel, ValidationError

from bridgekit.adapter_supports import SupportsSetup
from bridgekit.cli.init.draft import Setting
from bridgekit.configuration.faults import Faults
from bridgekit.configuration.plugins import Adapters, Found, installed
from bridgekit.configuration.schema import fields, is_secret
from bridgekit.configuration.settings import Settings
from bridgekit.configuration.yaml_source import Document, parse_value
from bridgekit.namespaces import NETWORK_NAME

Check = Callable[[str], str]  # what is wrong with an answer, "" if nothing


def ask(
    question: str,
    default: str | None = None,
    check: Check = lambda _answer: "",
    *,
    hidden: bool = False,
) -> str:
    """One line; asked again until it holds. Without a default it must not be empty."""
    while True:
        answer = typer.prompt(
            question, default or "", show_default=bool(default), hide_input=hidden
        ).strip()
        if not answer and default is None:
            typer.echo("  An answer is needed: there is no default.")
        elif answer and (why := check(answer)):
            typer.echo(f"  {why}")
        else:
            return str(answer)


def wrong(model: type[BaseModel], key: str, value: Any) -> str:
    """What `model` says against this value of `key`, as the configuration's check says it."""
    faults = Faults(Document("", {}, {}, {}, ()))
    try:
        model.model_validate({key: value}, context={"folder": Path()})
    except ValidationError as error:
        faults.add_all((), error, {key: value}, model)
    said = [line.partition(" ")[2] for line in faults.error().faults] if faults else []
    return next((line for line in said if re.match(rf"{re.escape(key)}[:.\[]", line)), "")


def not_a_user(answer: str) -> str:
    """Why this is nobody's full user ID; "" if it is one."""
    if not answer.startswith("@") or wrong(Settings, "permissions", {answer: "admin"}):
        return f"{answer} is no full user ID; write it like @you:example.org."
    return ""


def ask_admin(domain: str) -> str | None:
    question = f"Your own user ID, to operate the bridge (@you:{domain}; empty: nobody)"
    return ask(question, "", not_a_user) or None


def ask_admin_there() -> str:
    """The same where nobody knows yet what the homeserver is called: the ID says it, too."""
    question = "Your own user ID there, to operate the bridge (like @you:example.org)"
    return ask(question, None, not_a_user)


def ask_networks(found: Adapters) -> dict[str, str]:
    """Networks by name, with their adapters; at least one."""
    usable = [one.name for one in installed(found) if isinstance(one, Found)]
    typer.echo(f"Installed adapters: {', '.join(usable) or 'none'}.")

    def not_usable(answer: str) -> str:
        named = (_named(one) for one in answer.split())
        return next((why for name, adapter in named if (why := _wrong(name, adapter, usable))), "")

    question = "Networks to bridge, like irc, or libera=irc for a name of your choice"
    default = usable[0] if len(usable) == 1 else None
    return dict(map(_named, ask(question, default, not_usable).split()))


def _named(text: str) -> tuple[str, str]:
    name, _, adapter = text.partition("=")
    return name, adapter or name


def _wrong(name: str, adapter: str, usable: Sequence[str]) -> str:
    if not NETWORK_NAME.fullmatch(name):
        return f"{name} is no name for a network; use a-z, 0-9 and -, no capitals, no _."
    if adapter not in usable:
        return f"{adapter} cannot be used; installed are: {', '.join(usable) or 'none'}."
    return ""


def ask_settings(
    found: Adapters, networks: Mapping[str, str], given: Mapping[tuple[str, ...], Any]
) -> Iterator[Setting]:
    """What each network's adapter cannot do without; all else has a default."""
    for name, adapter in networks.items():
        one = found.look_up(adapter) if adapter in found else None
        if not isinstance(one, Found):
            continue  # said when the configuration is checked
        model = one.adapter.manifest.config
        own = {key: given[place] for key in fields(model) if (place := _place(name, key)) in given}
        if issubclass(one.adapter, SupportsSetup) and _missing(model, own) is not None:
            typer.echo(f"Where to get it: `bridgekit setup {adapter}`, in another terminal.")
        for key, value in _needed(name, model, own):
            yield _place(name, key), value


def _place(name: str, key: str) -> tuple[str, ...]:
    return ("networks", name, key)


def _needed(
    name: str, model: type[BaseModel], given: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    values = dict(given)
    while (found := _missing(model, values)) is not None:
        if answer := _asked(name, model, found):
            values[found.key] = _value(model, found.key, answer)
            yield found.key, values[found.key]
            continue
        for key, value in _alternatives(model, found.instead):
            known = value or _asked(name, model, _Missing(key, fields(model)[key].description))
            values[key] = _value(model, key, known)
            yield key, values[key]


class _Missing(NamedTuple):
    """A setting, what it is, and what can be set in its place: `client_id and client_secret`."""

    key: str
    meaning: str | None
    instead: str = ""


def _asked(name: str, model: type[BaseModel], missing: _Missing) -> str:
    """The answer; "" only where something else can be set."""
    key, meaning, instead = missing
    said = "; ".join(filter(None, (meaning, instead and f"empty: {instead}")))
    return ask(
        f"{key} of {name}{f' ({said})' if said else ''}",
        "" if instead else None,
        lambda text: _not_a_value(model, key, text),
        hidden=is_secret(fields(model)[key]),
    )


def _alternatives(model: type[BaseModel], instead: str) -> Iterator[tuple[str, str]]:
    """Settings with their values, as `transport: http and signing_secret` has them; "": open."""
    for key, value in re.findall(r"(\w+)(?:: (\w+))?", instead):
        if key in fields(model):
            yield key, value


def _missing(model: type[BaseModel], values: Mapping[str, Any]) -> _Missing | None:
    """The next setting to ask for: a required one, else one that a rule of the model misses.

    A rule says so as `KEY is missing: WHAT IT IS; without one, set OTHERS, and …`.
    """
    for key, field in fields(model).items():
        if field.is_required() and key not in values:
            return _Missing(key, field.description)
    try:
        model.model_validate(values)
    except ValidationError as error:
        for one in error.errors():
            sentence = str(one["msg"]).removeprefix("Value error, ")
            key, is_missing, rest = sentence.partition(" is missing")
            if is_missing and key in fields(model) and key not in values:
                said, _, others = rest.partition("; without one, set ")
                meaning = fields(model)[key].description or said.strip(" :()")
                return _Missing(key, meaning, others.partition(",")[0])
    return None


def _not_a_value(model: type[BaseModel], key: str, text: str) -> str:
    try:
        return wrong(model, key, _value(model, key, text))
    except ValueError as error:
        return f"{key}: {error}; quote it."


def _value(model: type[BaseModel], key: str, text: str) -> Any:
    """A text as it is typed; anything else, and a secret, as it could stand in the file.

    Of what holds more under names of their own the names are enough.
    """
    field = fields(model)[key]
    if get_origin(field.annotation) is dict and not text.startswith("{"):
        return {name: {} for name in text.split()}
    is_text = field.annotation in (str, str | None) or is_secret(field)
    return text if is_text else parse_value(text)
