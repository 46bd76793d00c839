"""Requests and answers as JSON, and every way to fail as one of the documented problems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from pydantic import BaseModel

from bridgekit.commands.refusals import Mistyped
from bridgekit.errors import BridgekitError
from bridgekit.fault import fault_of
from bridgekit.matrix.reading import read_json
from bridgekit.provisioning.problems import Refusal, problem, problem_of

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LARGEST = 1 << 18  # bytes of a body
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refused(Exception):  # noqa: N818 (an answer, not a fault)
    """Ends a request with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.problem.error)
        self.refusal = refusal


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever a handler raises, as an answer."""
    try:
        return await handler(request)
    except Refused as refused:
        return _refusal(refused.refusal)
    except BridgekitError as error:
        return _refusal(problem_of(error))
    except web.HTTPMethodNotAllowed as wrong:
        return _refusal(problem(405, "This path has other methods."), Allow=wrong.headers["Allow"])
    except web.HTTPNotFound:
        return _refusal(problem(404, "There is nothing at this path; see openapi.json."))
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 (a command's own; its text may hold what was sent)
        resource = request.match_info.route.resource
        path = None if resource is None else resource.canonical  # without what was filled in
        log.warning("an API request failed", path=path, error=fault_of(error, problems))
        sentence = "The bridge failed while it did this; its log says why."
        return web.json_response({"error": sentence, "code": "failed"}, status=500, headers=HEADERS)


def answered(answer: BaseModel) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), headers=HEADERS)


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent; nothing is an empty one. Raises `Mistyped`."""
    raw = await _read(request)
    try:
        content = read_json(raw.decode()) if raw else {}
    except (ValueError, RecursionError):
        raise Mistyped("The body is not JSON.") from None
    if not isinstance(content, dict):
        raise Mistyped("The body is not a JSON object.")
    return content


async def _read(request: web.Request) -> bytes:
    """The limit of the listener is the homeserver's, whose transactions are large."""
    found = bytearray()
    async for piece in request.content.iter_any():
        found += piece
        if len(found) > LARGEST:
            raise Refused(problem(413, f"The body is too large; {LARGEST} bytes are allowed."))
    return bytes(found)


def _refusal(refusal: Refusal, **headers: str) -> web.Response:
    content = refusal.problem.model_dump(mode="json")
    return web.json_response(
        content, status=refusal.status, headers=HEADERS | refusal.headers | headers
    )
