"""A peer of the benchmarks that carries messages wrongly, each in the way that its number says."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import uvloop

from benchmarks.programs import ceiling

FIRST = 100
CONNECTING = range(130, 230)
"""Until `FIRST` and here nothing is measured, and nothing is done wrongly."""
_NUMBER = re.compile(r"(\d+) (?:the quick|pack my)")


class Spoiling:
    """Messages in one direction, as they are written."""

    def __init__(self) -> None:
        self._held: dict[int, str] = {}

    def spoilt(self, messages: Iterable[str]) -> Iterator[str]:
        for message in messages:
            found = _NUMBER.search(message)
            number = int(found[1]) if found else 0
            yield from self._one(number, message)
            if number in self._held:
                yield self._held.pop(number)

    def _one(self, number: int, message: str) -> Iterator[str]:
        if number < FIRST or number in CONNECTING:
            yield message
            return
        match number % 10:
            case 0:  # behind the next of its place
                self._held[number + 3] = message
            case 1:
                pass
            case 3:
                yield from (message, message)
            case 5:  # elsewhere
                yield re.sub(r"([#!])c\d+", rf"\1c{(number + 1) % 3}", message)
            case 7:  # from somebody else
                yield re.sub(r"(:p|@m)\d+", rf"\g<1>{(number + 1) % 20}", message)
            case 9:
                yield re.sub(" (dog|now)", "", message)
            case _:
                yield message


class IRC(ceiling.IRC):
    """What is said there; every tenth line is said once more by us, where it was said."""

    def __init__(self, channels: int, said: Callable[[bytes, list[bytes]], None]) -> None:
        spoiling = Spoiling()

        def spoilt(data: bytes, lines: list[bytes]) -> None:
            for line in lines:
                where, _, text = line.partition(b" PRIVMSG ")[2].partition(b" :")
                if int(text.split()[0]) in range(FIRST + 2, CONNECTING[0], 10):
                    self.transport.write(b"PRIVMSG %b :%b\r\n" % (where, text))
            said(data, [one.encode() for one in spoiling.spoilt(line.decode() for line in lines)])

        super().__init__(channels, spoilt)


class Appservice(ceiling.Appservice):
    """What the homeserver pushes."""

    def __init__(self, pushed: Callable[[bytes], None]) -> None:
        def spoilt(body: bytes) -> None:
            events = spoiling.spoilt(json.dumps(event) for event in json.loads(body)["events"])
            pushed(json.dumps({"events": [json.loads(event) for event in events]}).encode())

        spoiling = Spoiling()
        super().__init__(spoilt)


def main() -> None:
    ceiling.IRC, ceiling.Appservice = IRC, Appservice
    setting = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(ceiling.main(setting))


if __name__ == "__main__":
    main()
