"""The API on the one listener: each command at its route, and all of them as words."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from bridgekit.clock import Clock
from bridgekit.commands.caller import Caller
from bridgekit.commands.command import Answer, AnyCommand
from bridgekit.commands.giving import ABOUT_ROOMS, Giving
from bridgekit.commands.place import Place
from bridgekit.commands.reading import validated
from bridgekit.commands.refusals import NotPermitted
from bridgekit.commands.words import takes_many
from bridgekit.ids import RoomID
from bridgekit.pacing import Pacing
from bridgekit.provisioning.answering import HEADERS, Refused, answered, body_of, problems
from bridgekit.provisioning.bodies import Line, OpenID, Session
from bridgekit.provisioning.browsers import from_anywhere
from bridgekit.provisioning.callers import SESSION_LASTS, Callers
from bridgekit.provisioning.openapi import document
from bridgekit.provisioning.problems import later, problem
from bridgekit.provisioning.repeating import HEADER, Repeating

PATH = "/_bridgekit/v1"
READS = {"rate": 20.0, "burst": 100.0}  # requests a second, and at once, of one person
CHANGES = {"rate": 2.0, "burst": 20.0}
IN_QUERY = ("GET", "DELETE")  # of whose requests the arguments are in the query


class API:
    """A refusal is answered as a `Problem`, with one of the documented statuses."""

    def __init__(
        self, giving: Giving, callers: Callers, repeating: Repeating, clock: Clock, version: str
    ) -> None:
        self._giving, self._callers, self._repeating = giving, callers, repeating
        self._pacing = Pacing(clock)
        self._version = version
        self.app = web.Application(middlewares=[from_anywhere, problems])
        self.app.router.add_get(f"{PATH}/openapi.json", self._described)
        self.app.router.add_post(f"{PATH}/session", self._begin)
        self.app.router.add_post(f"{PATH}/do", self._line)
        for command in giving.table:
            serve = partial(self._command, command)
            self.app.router.add_route(command.route.method, PATH + command.route.path, serve)

    async def _described(self, request: web.Request) -> web.Response:
        del request  # anybody may read what there is
        return web.json_response(self._document, headers=HEADERS)

    @cached_property
    def _document(self) -> dict[str, Any]:
        """Made when it is first asked for: it takes longer than the whole start of a bridge."""
        return document(self._giving.table, self._version, PATH)

    async def _begin(self, request: web.Request) -> web.Response:
        """An OpenID token becomes a session."""
        asked = validated(OpenID, await body_of(request))
        begun = await self._callers.begin(asked.matrix_server_name, asked.access_token)
        if begun is None:
            sentence = "This is no OpenID token of a homeserver that this bridge believes."
            raise Refused(problem(401, sentence))
        token, caller = begun
        return answered(Session(token=token, user=caller.user, expires_in=int(SESSION_LASTS)))

    async def _line(self, request: web.Request) -> web.Response:
        """A command as it is typed."""
        caller = await self._caller(request, changes=True)
        line = validated(Line, await body_of(request))
        if line.user not in (None, caller.user):
            if not caller.operator:
                raise NotPermitted("Only the operator may do something for somebody else.")
            caller = Caller(line.user or caller.user, caller.via)
        place = Place(line.room)
        await self._giving.check_inside(caller, place)

        async def typed(place: Place) -> Answer:
            return await self._giving.typed(caller, line.words, place, _unseen)

        return answered(await self._once(request, caller, place, line.model_dump_json(), typed))

    async def _command(self, command: AnyCommand, request: web.Request) -> web.Response:
        caller = await self._caller(request, changes=command.route.changes)
        values = dict[str, Any](request.match_info)
        place = Place()
        if command.where in ABOUT_ROOMS:
            place = Place(RoomID(values.pop("room")))
            await self._giving.check_inside(caller, place)
        sent = _query(command, request) if command.route.method in IN_QUERY else None
        values = (await body_of(request) if sent is None else sent) | values

        async def given(place: Place) -> Answer:
            return await self._giving.give(caller, command, values, place, _unseen)

        if not command.route.changes:
            return answered(await given(place))
        asked = json.dumps(values, default=str, sort_keys=True)
        return answered(await self._once(request, caller, place, asked, given))

    async def _once(
        self,
        request: web.Request,
        caller: Caller,
        place: Place,
        asked: str,
        do: Callable[[Place], Awaitable[Answer]],
    ) -> BaseModel:
        """Do it, or answer as before if it was done by an earlier request with the same key."""
        key = request.headers.get(HEADER)
        if key is None:
            return await do(place)
        scopes = ",".join(sorted(caller.scopes))  # what a token may, another of theirs may not
        whole = f"{request.method} {request.path} {place.room} {scopes} {asked}"
        return await self._repeating.once(
            caller.user, key, whole, lambda name: do(replace(place, once=name))
        )

    async def _caller(self, request: web.Request, *, changes: bool) -> Caller:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        caller = await self._callers.of(given) if given.isascii() and given else None
        if caller is None:
            why = "Send `Authorization: Bearer TOKEN` with a token that is valid."
            raise Refused(problem(401, why))
        limit = CHANGES if changes else READS
        if not self._pacing.spare((caller.user, str(changes)), **limit):
            raise Refused(later(429, "Too many requests; wait a little.", 1 / limit["rate"]))
        return caller


def _query(command: AnyCommand, request: web.Request) -> dict[str, Any]:
    """The arguments in the query; of one that takes several words, all of them."""
    fields = command.arguments.model_fields
    many = {name for name, field in fields.items() if takes_many(field)}
    return {
        name: request.query.getall(name) if name in many else request.query[name]
        for name in request.query
    }


async def _unseen(text: str) -> None:
    """How far long work is: whoever calls waits for its end."""
