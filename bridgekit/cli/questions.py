"""What `init` asks a person at a terminal, for what the options have not answered yet.

Each answer is checked as the configuration would be, and asked again with what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel, ValidationError

from bridgekit.adapter import Adapter
from bridgekit.cli.draft import Setting
from bridgekit.configuration.faults import Faults
from bridgekit.configuration.link_check import chat_of, unconnected, whole
from bridgekit.configuration.plugins import Adapters, Found, installed
from bridgekit.configuration.schema import fields, is_secret
from bridgekit.configuration.settings import ChatLink, Settings
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


def not_admin(answer: str) -> str:
    """Why this is nobody who could operate the bridge; "" if it is somebody."""
    if not answer.startswith("@") or wrong(Settings, "permissions", {answer: "admin"}):
        return f"{answer} is no full user ID; write it like @you:example.org."
    return ""


def ask_admin(domain: str) -> str | None:
    question = f"Your own user ID, to operate the bridge (@you:{domain}; empty: nobody)"
    return ask(question, "", not_admin) or None


def ask_networks(found: Adapters) -> dict[str, str]:
    """Networks by name, with their adapters; at least one."""
    usable = [one.name for one in installed(found) if isinstance(one, Found)]
    listed = ", ".join(usable) or "none"
    typer.echo(f"Installed adapters: {listed}.")
    networks: dict[str, str] = {}

    def not_usable(answer: str) -> str:
        return "" if answer in usable else f"{answer} cannot be used; installed are: {listed}."

    while True:
        more = " (empty: no more)" if networks else ", of your choice"
        name = ask(
            f"A name for a network to bridge{more}", "" if networks else None, _not_a_network
        )
        if not name:
            return networks
        default = name if name in usable else usable[0] if len(usable) == 1 else None
        networks[name] = ask(f"The adapter for {name}", default, not_usable)


def _not_a_network(answer: str) -> str:
    if NETWORK_NAME.fullmatch(answer):
        return ""
    return f"{answer} is no name for a network; use a-z, 0-9 and -, no capitals, no _."


def ask_settings(
    found: Adapters, networks: Mapping[str, str], given: Mapping[tuple[str, ...], Any]
) -> Iterator[Setting]:
    """What each network's adapter cannot do without, what else it takes, and the chats."""
    for name, adapter in networks.items():
        one = found.look_up(adapter) if adapter in found else None
        if not isinstance(one, Found):
            continue  # said when the configuration is checked
        model = one.adapter.manifest.config
        open_keys = [key for key in fields(model) if ("networks", name, key) not in given]
        values = {way[2]: value for way, value in given.items() if way[:2] == ("networks", name)}
        for key, value in (*_required(name, model, open_keys), *_others(name, model, open_keys)):
            yield ("networks", name, key), value
            values[key] = value
        way = ("networks", name, "links")
        if way in given:
            continue
        question = f"Chats of {name} to bridge from the start, with blanks between"
        chats = ask(question, "", partial(_not_chats, one.adapter, values)).split()
        if chats:
            yield way, [{"chat": chat} for chat in chats]


def _not_chats(adapter: type[Adapter[Any]], values: Mapping[str, Any], answer: str) -> str:
    """What is no chat; where the adapter cannot be asked, the check of the whole says so."""
    try:
        asked = unconnected(adapter, adapter.manifest.config.model_validate(values))
        links = (ChatLink(chat=one) for one in answer.split())
        wrong = next((link for link in links if chat_of(asked, link) is None), None)
        meant = None if wrong is None else whole(asked, wrong)
    except Exception:  # noqa: BLE001 (see above; it is the adapter's own)
        return ""
    if wrong is None:
        return ""
    how = "write it as its network does" if meant is None else f"write it whole, like {meant}"
    return f"{wrong.chat} is no chat that {adapter.manifest.title} can have; {how}."


def _required(name: str, model: type[BaseModel], keys: list[str]) -> Iterator[tuple[str, Any]]:
    for key in keys:
        field = fields(model)[key]
        if field.is_required():
            meaning = f" ({field.description})" if field.description else ""
            answer = ask(
                f"{key} of {name}{meaning}",
                check=lambda text, key=key: _not_a_value(model, key, text),  # type: ignore[misc]
                hidden=is_secret(field),
            )
            yield key, _value(model, key, answer)


def _others(name: str, model: type[BaseModel], keys: list[str]) -> Iterator[tuple[str, Any]]:
    optional = [key for key in keys if not fields(model)[key].is_required()]
    if not optional:
        return
    typer.echo(f"Other settings of {name}: {', '.join(optional)}.")

    def not_a_setting(answer: str) -> str:
        key, equals, text = answer.partition("=")
        if not equals:
            return "Write it as KEY=VALUE."
        if key not in optional:
            return f"{key} is none of its settings: {', '.join(optional)}."
        return _not_a_value(model, key, text)

    while answer := ask(f"Any other setting of {name}? KEY=VALUE, or empty", "", not_a_setting):
        key, _, text = answer.partition("=")
        yield key, _value(model, key, text)


def _not_a_value(model: type[BaseModel], key: str, text: str) -> str:
    try:
        return wrong(model, key, _value(model, key, text))
    except ValueError as error:
        return f"{key}: {error}; quote it."


def _value(model: type[BaseModel], key: str, text: str) -> Any:
    """A text as it is typed; anything else, and a secret, as it could stand in the file."""
    field = fields(model)[key]
    return text if field.annotation is str or is_secret(field) else parse_value(text)
