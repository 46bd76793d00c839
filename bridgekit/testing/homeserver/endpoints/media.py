"""The content repository, as far as a bridge uses it: upload at once or later, download."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Bytes, Call, Route
from bridgekit.testing.homeserver.errors import MatrixError, not_found
from bridgekit.testing.homeserver.world import Media

JSON = dict[str, Any]

_UNUSED_FOR = 24 * 60 * 60 * 1000


def _reserve(call: Call) -> str:
    media_id = call.world.token()
    call.world.media[media_id] = Media()
    return media_id


def _fill(call: Call, media_id: str) -> None:
    media = call.world.media[media_id]
    media.content_type = call.request.content_type
    media.data = call.request.body
    call.world.changes.notify()


async def config(call: Call) -> JSON:
    return {"m.upload.size": call.world.largest_upload}


async def upload(call: Call) -> JSON:
    if len(call.request.body) > call.world.largest_upload:
        raise MatrixError(413, "M_TOO_LARGE", "Upload request body is too large")
    media_id = _reserve(call)
    _fill(call, media_id)
    return {"content_uri": f"mxc://{call.world.domain}/{media_id}"}


async def create(call: Call) -> JSON:
    uri = f"mxc://{call.world.domain}/{_reserve(call)}"
    return {"content_uri": uri, "unused_expires_at": call.world.now() + _UNUSED_FOR}


async def upload_to(call: Call) -> JSON:
    media = call.world.media.get(call.params["media"])
    if media is None:
        raise not_found("Media is not known")
    if media.data is not None:
        error = "Media ID already has content"
        raise MatrixError(409, "M_CANNOT_OVERWRITE_MEDIA", error)
    _fill(call, call.params["media"])
    return {}


async def frozen(_call: Call) -> JSON:
    """The old, unauthenticated download: Synapse serves nothing uploaded since 2024 there."""
    raise not_found("Not found")


async def download(call: Call) -> Bytes:
    media = call.world.media.get(call.params["media"])
    if media is None or call.params["server"] != call.world.domain:
        raise not_found("Not found")
    if media.data is None:
        raise MatrixError(504, "M_NOT_YET_UPLOADED", "Media has not been uploaded yet")
    return Bytes(media.data, media.content_type)


ROUTES = [
    Route("GET", "/media/config", config),
    Route("POST", "/media/upload", upload),
    Route("POST", "/media/create", create),
    Route("PUT", "/media/upload/{server}/{media}", upload_to),
    Route("GET", "/media/download/{server}/{media}", download),
    Route("GET", "/_matrix/media/v3/download/{server}/{media}", frozen, access=False),
    Route("GET", "/media/download/{server}/{media}/{name}", download),
]
