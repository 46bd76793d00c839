"""What the log says of an exception of others' code: which, and where, but not its words.

Those may hold a token: client libraries put their whole request into them.
"""

from __future__ import annotations

from pathlib import PurePath
from traceback import walk_tb

from bridgekit.errors import BridgekitError


def fault_of(error: BaseException, code: object = None) -> str:
    """One line; the place is the innermost one in the package of the class of `code`."""
    if isinstance(error, BridgekitError):
        return str(error)
    what = type(error).__name__
    if isinstance(status := getattr(error, "status", None), int):
        what = f"{what} {status}"
    if isinstance(error, OSError) and error.strerror:
        what = f"{what}: {error.strerror}"
    place = _place(error, type(code).__module__.partition(".")[0])
    return what if place is None else f"{what} at {place}"


def _place(error: BaseException, package: str) -> str | None:
    places = [
        f"{PurePath(frame.f_code.co_filename).name}:{line} in {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == package
    ]
    return places[-1] if places else None
