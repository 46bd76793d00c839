"""What a pydantic model says about the data that it will be given: keys, secrets, nested models."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from bridgekit.configuration.yaml_source import Where

_SECRETS = (SecretStr, SecretBytes)


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The model's fields by the key that they have in the file."""
    return {
        found.validation_alias if isinstance(found.validation_alias, str) else name: found
        for name, found in model.model_fields.items()
    }


def is_secret(field: FieldInfo) -> bool:
    """Whether the value is one that may come from a file of its own."""
    return any(member in _SECRETS for member in _members(field))


def holds_secrets(field: FieldInfo) -> bool:
    """Whether the value, or something in it, must never be shown."""
    return any(part in _SECRETS for part in _parts(field.annotation))


def is_structure(field: FieldInfo) -> bool:
    """Whether the value is a list or a mapping, never a text."""
    return all(_is_collection(member) for member in _members(field) if member is not type(None))


def nested(field: FieldInfo) -> type[BaseModel] | None:
    """The model of the value, or of the values in a list or mapping.

    None if there is none, or several: then only pydantic knows which of them applies.
    """
    parts = {part for part in _parts(field.annotation) if isinstance(part, type)}
    models = [part for part in parts if issubclass(part, BaseModel)]
    return models[0] if len(models) == 1 else None


def is_keyed(field: FieldInfo) -> bool:
    """Whether the value is a mapping under keys of the operator's choice."""
    kinds = (get_origin(part) for part in _parts(field.annotation))
    return any(isinstance(kind, type) and issubclass(kind, Mapping) for kind in kinds)


def description(model: type[BaseModel], way: Where) -> str:
    """What the model says about the value at `way`; "" if nothing."""
    found: FieldInfo | None = None
    inside: type[BaseModel] | None = model
    for step in way:
        if inside is None:
            return ""
        if isinstance(step, int) or step not in fields(inside):
            continue  # an entry of a list or mapping
        found = fields(inside)[step]
        inside = nested(found)
    return (found.description or "") if found else ""


def _parts(annotation: Any) -> Iterator[Any]:
    """An annotation and all that it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _members(field: FieldInfo) -> tuple[Any, ...]:
    """The alternatives of a union; of any other annotation, itself."""
    union = get_origin(field.annotation) in (Union, UnionType)
    members = get_args(field.annotation) if union else (field.annotation,)
    return tuple(_bare(member) for member in members)


def _bare(annotation: Any) -> Any:
    """Without what is annotated; pydantic takes that off for us only where it is outermost."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _is_collection(part: Any) -> bool:
    kind = get_origin(part) or part
    if not isinstance(kind, type) or issubclass(kind, str | bytes):
        return False
    return issubclass(kind, Collection | BaseModel)
