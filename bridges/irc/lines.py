"""Bytes to lines."""

from collections.abc import Callable

Passes = Callable[[bytes], bool]
"""Whether surely nothing comes of a line. Asked as it comes in: it neither waits nor raises."""

_LONGEST = 16384  # tags may take 8191 bytes, the rest 512; what a server adds stays well within


def cut(data: bytes) -> list[bytes]:
    """At each end of a line; the last piece is the beginning of what has not come yet."""
    return data.replace(b"\r", b"\n").split(b"\n")


class LineBuffer:
    """Cuts a stream into lines. An over-long line loses its end, as it would on the server."""

    def __init__(self) -> None:
        self._rest = b""
        self._overflowing = False

    @property
    def empty(self) -> bool:
        """Whether the next byte begins a line."""
        return not self._rest and not self._overflowing

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their ends; blank ones are none (RFC 1459)."""
        *complete, rest = cut(self._rest + data)
        if self._overflowing and complete:
            del complete[0]  # the tail of what was cut; its head was already given out
            self._overflowing = False
        lines = [line[:_LONGEST] for line in complete if line and not line.isspace()]
        if len(rest) > _LONGEST:
            if not self._overflowing:
                lines.append(rest[:_LONGEST])
            self._overflowing, rest = True, b""
        self._rest = rest
        return lines
