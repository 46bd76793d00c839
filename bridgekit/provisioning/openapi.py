"""The API as an OpenAPI 3.1 document, made from the table: nothing else is served. Pure."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from bridgekit.commands.command import Answer, AnyCommand, Preview
from bridgekit.commands.table import Table
from bridgekit.provisioning.bodies import Line, OpenID, Session
from bridgekit.provisioning.problems import STATUSES, Problem
from bridgekit.provisioning.repeating import HEADER, LONGEST

_REF = "#/components/schemas/{model}"
JSON = dict[str, Any]
_TITLE = "bridgekit: logins, chats and rooms of a Matrix bridge"
_ABOUT = """\
The commands of the bridge, as programs give them. Show who you are by `Authorization: Bearer TOKEN`
with a token of the command `new-token`, your access token of this bridge's homeserver, or what
`POST /session` gives for an OpenID token. Who may do what is as in the chat."""


def document(table: Table, version: str, path: str) -> JSON:
    """`path` is where the API is served."""
    schemas = _Schemas()
    paths: dict[str, JSON] = {}
    for command in table:
        at = paths.setdefault(command.route.path, {})
        at[command.route.method.lower()] = _operation(command, schemas)
    for name, method, operation in _others(schemas):
        paths[name] = {method: operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": version, "description": _ABOUT},
        "servers": [{"url": path}],
        "security": [{"bearer": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.found.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


class _Schemas:
    """The schemas of models, each once; what a model holds beside it."""

    def __init__(self) -> None:
        self.found: dict[str, JSON] = {}

    def of(self, model: type[BaseModel], *, sent: bool = False) -> JSON:
        """A reference to what an answer is, or a body that is `sent`."""
        mode: JsonSchemaMode = "validation" if sent else "serialization"
        schema = model.model_json_schema(ref_template=_REF, mode=mode)
        self._keep(schema)
        self.found[model.__name__] = schema
        return {"$ref": _REF.format(model=model.__name__)}

    def fields(self, model: type[BaseModel]) -> tuple[JSON, list[str]]:
        """What is sent, by name; and what of it must be."""
        schema = model.model_json_schema(ref_template=_REF)
        self._keep(schema)
        return schema.get("properties", {}), schema.get("required", [])

    def _keep(self, schema: JSON) -> None:
        self.found.update(schema.pop("$defs", {}))


def _operation(command: AnyCommand, schemas: _Schemas) -> JSON:
    properties, required = schemas.fields(command.arguments)
    in_path = re.findall(r"{(\w+)}", command.route.path)
    parameters = [_parameter(name, properties.get(name, _ROOM), "path") for name in in_path]
    rest = {name: schema for name, schema in properties.items() if name not in in_path}
    operation: JSON = {
        "operationId": command.name,
        "summary": command.help,
        "responses": _responses(_answer(command, schemas), schemas),
    }
    if command.right is not None:
        operation["description"] = f"Needs the right `{command.right}`."
    if command.route.changes:
        parameters.append(_ONCE)
    if command.route.method in ("GET", "DELETE"):
        parameters += [
            _parameter(name, schema, "query", required=name in required)
            for name, schema in rest.items()
        ]
    else:
        operation["requestBody"] = _body(_object(rest, [one for one in required if one in rest]))
    return operation | ({"parameters": parameters} if parameters else {})


_ONCE: JSON = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A word of your own: the same request with the same word is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}
_ROOM = {"type": "string", "description": "The ID of a room that you are in."}


def _parameter(name: str, schema: JSON, where: str, *, required: bool = True) -> JSON:
    described = {"description": schema["description"]} if "description" in schema else {}
    if where == "path":
        schema = {**schema, "minLength": max(1, schema.get("minLength", 1))}
    return {"name": name, "in": where, "required": required, "schema": schema, **described}


def _object(properties: JSON, required: list[str]) -> JSON:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": required} if required else {})


def _body(schema: JSON) -> JSON:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(command: AnyCommand, schemas: _Schemas) -> JSON:
    answer = schemas.of(command.answer)
    if "confirm" in command.arguments.model_fields:
        return {"anyOf": [answer, schemas.of(Preview)]}
    return answer


def _responses(answer: JSON, schemas: _Schemas) -> JSON:
    problem = {"application/json": {"schema": schemas.of(Problem)}}
    done = {"description": "Done.", "content": {"application/json": {"schema": answer}}}
    refused = {
        str(status): {"description": meaning, "content": problem}
        for status, (_, meaning) in STATUSES.items()
    }
    return {"200": done, **refused}


def _others(schemas: _Schemas) -> list[tuple[str, str, JSON]]:
    """What is served beside the commands."""
    described: JSON = {"200": {"description": "This.", "content": {"application/json": {}}}}
    session = _responses(schemas.of(Session), schemas)
    return [
        (
            "/openapi.json",
            "get",
            {"operationId": "openapi", "summary": "This document.", "responses": described}
            | {"security": []},
        ),
        (
            "/session",
            "post",
            {"operationId": "session", "summary": "Show who you are by OpenID."}
            | {
                "requestBody": _body(schemas.of(OpenID, sent=True)),
                "responses": session,
                "security": [],
            },
        ),
        (
            "/do",
            "post",
            {"operationId": "do", "summary": "Give a command as it is typed in the chat."}
            | {"requestBody": _body(schemas.of(Line, sent=True)), "parameters": [_ONCE]}
            | {"responses": _responses(schemas.of(Answer), schemas)},
        ),
    ]
