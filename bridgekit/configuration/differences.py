"""What differs between two configurations, setting by setting; tells no secret. Pure.

Also between one and what is remembered of an earlier one, of whose secrets only a trace is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, SecretStr

from bridgekit.configuration.config import Config

NOTHING = "nothing"
OTHER = "other settings"
_APART = ("path",)
_OF_ADAPTER = "adapter_config"  # whose settings stand right under the network's name


@dataclass(frozen=True, slots=True)
class Difference:
    """`place` is as the configuration writes it, like networks.libera.relay; words for people."""

    place: tuple[str, ...]
    before: str
    after: str

    @property
    def name(self) -> str:
        return ".".join(self.place).replace(f".{_OF_ADAPTER}.", ".")

    def __str__(self) -> str:
        return f"{self.name}: {self.before} → {self.after}"


def differences(old: Config, new: Config) -> list[Difference]:
    """In the order in which the new one has them, then what is gone."""
    before, after = dict(_settings(old, ())), dict(_settings(new, ()))
    places = [*after, *(place for place in before if place not in after)]
    return [
        Difference(place, *_words(before.get(place, NOTHING), after.get(place, NOTHING)))
        for place in places
        if place[0] not in _APART and before.get(place, NOTHING) != after.get(place, NOTHING)
    ]


def remembered(config: Config) -> dict[str, str]:
    """Every setting by its place, as text that may be kept anywhere."""
    found = _settings(config, ())
    return {".".join(place): _kept(value) for place, value in found if place[0] not in _APART}


def since(before: Mapping[str, str], config: Config) -> list[Difference]:
    """As `differences`, to what was remembered of the old one."""
    now = remembered(config)
    places = [*now, *(place for place in before if place not in now)]
    return [
        Difference((place,), before.get(place, NOTHING), now.get(place, NOTHING))
        for place in places
        if before.get(place, NOTHING) != now.get(place, NOTHING)
    ]


def secrets_of(config: Config) -> list[str]:
    """Every secret of a configuration, whosever it is, the longest first."""
    found = {one for _, value in _settings(config, ()) for one in _secrets(value)}
    return sorted(found, key=len, reverse=True)


def _secrets(value: Any) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel() | Mapping():
            for _, inner in _settings(value, ()):
                yield from _secrets(inner)
        case tuple() | list() | frozenset() | set():
            for inner in value:
                yield from _secrets(inner)
        case _ if is_dataclass(value) and not isinstance(value, type):
            for one in fields(value):
                yield from _secrets(getattr(value, one.name))


def trace(secret: str) -> str:
    """Four characters that tell two secrets apart, and help nobody to guess one."""
    return sha256(secret.encode()).hexdigest()[:4]


def _kept(value: Any) -> str:
    shown = _shown(value, secret_kept)
    return f"{shown} ({trace(repr(value))})" if OTHER in shown else shown


def secret_kept(secret: SecretStr) -> str:
    """What is remembered of a secret."""
    return f"a secret ({trace(secret.get_secret_value())})"


def _words(before: Any, after: Any) -> tuple[str, str]:
    return _shown(before, lambda _: "a secret"), _shown(after, lambda _: "another secret")


def _settings(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every single setting, with its place."""
    match value:
        case SecretStr() | Enum():
            yield place, value
        case type():
            yield place, value.__name__
        case BaseModel():
            for name in type(value).model_fields:
                yield from _settings(getattr(value, name), (*place, name))
        case Mapping():
            for name, item in value.items():
                yield from _settings(item, (*place, str(name)))
        case _ if is_dataclass(value) and not isinstance(value, type) and _is_section(value):
            for field in fields(value):
                yield from _settings(getattr(value, field.name), (*place, field.name))
        case _:
            yield place, value


def _is_section(value: Any) -> bool:
    """A dataclass of settings, and not one that is a value of its own, such as an address."""
    return any(
        isinstance(getattr(value, field.name), BaseModel | Mapping) for field in fields(value)
    ) or hasattr(value, "level")


def _shown(value: Any, secret: Callable[[SecretStr], str]) -> str:
    shown = str(value)
    match value:
        case SecretStr():
            shown = secret(value)
        case Enum():
            shown = str(value.value)
        case BaseModel() | Mapping():
            shown = OTHER
        case tuple() | list() | frozenset() | set():
            shown = f"[{', '.join(_shown(one, secret) for one in value)}]"
        case None:
            shown = NOTHING
        case _ if is_dataclass(value):
            shown = " ".join(_shown(getattr(value, one.name), secret) for one in fields(value))
    return shown
