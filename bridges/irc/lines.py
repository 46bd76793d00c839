"""Bytes to lines."""

_LONGEST = 16384  # tags may take 8191 bytes, the rest 512; what a server adds stays well within


def pieces(data: bytes) -> list[bytes]:
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
        *complete, rest = pieces(self._rest + data)
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
