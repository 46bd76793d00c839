"""What can go wrong at a gateway with the next message, and what we are called there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from aiohttp import web

OWN, BOB, CAROL = "14155550100", "14155550101", "14155550102"
CHAT, OTHER_CHAT = f"{OWN}/{BOB}", f"{OWN}/{CAROL}"
COMMANDS = {  # as they are typed in a conversation, and words of what is answered
    f"contact +{BOB} Bob": "is called Bob",
    "assign Alice": "Alice looks after",
    f"accept +{BOB}": "no stranger",
    f"opt-out +{BOB}": "gets no more texts",
    f"opt-in +{BOB}": "gets texts again",
}
Trouble = Callable[[web.Request], web.Response]


class Troubles:
    """Each is met once, but for `refusing`."""

    def __init__(self) -> None:
        self.waiting: deque[Trouble] = deque()
        self.refusing = self.losing = self.swapping = False

    def next(self, request: web.Request) -> web.Response | None:
        """What the next message meets; None: nothing."""
        return self.waiting.popleft()(request) if self.waiting else None

    def lose(self, *, taken: bool) -> None:
        if taken:
            self.losing = True
        else:
            self.waiting.append(cut)

    def lost(self, request: web.Request, answer: web.Response) -> web.Response:
        """The answer to a message that was taken, which may get lost."""
        losing, self.losing = self.losing, False
        return cut(request) if losing else answer


def cut(request: web.Request) -> web.Response:
    """The connection breaks; nobody reads this answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
