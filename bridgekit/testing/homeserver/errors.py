"""What a homeserver answers when it refuses; raised by the fake's rules and by `Person`'s verbs."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


class MatrixError(Exception):
    """A standard error response (client-server API 2.1): HTTP status, errcode, sentence."""

    def __init__(self, status: int, errcode: str, error: str, extra: JSON | None = None) -> None:
        super().__init__(f"{status} {errcode}: {error}")
        self.status = status
        self.errcode = errcode
        self.body: JSON = {"errcode": errcode, "error": error, **(extra or {})}


def forbidden(error: str) -> MatrixError:
    return MatrixError(403, "M_FORBIDDEN", error)


def not_found(error: str) -> MatrixError:
    return MatrixError(404, "M_NOT_FOUND", error)
