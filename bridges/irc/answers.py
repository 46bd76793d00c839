"""What a connection says by itself, and seldom: answers to CTCP, and that nobody reads the bot.

https://modern.ircdocs.horse/ctcp. Answers are NOTICEs, and no NOTICE is ever answered (RFC 1459
§4.4.2), so that two programs cannot talk to each other for ever.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from bridges.irc.wire import compose, printable

_MOST, _PER = 5, 30.0  # answers, seconds
_REMEMBERED = 1000
_LONGEST = 100
_NOBODY_HERE = "I am a bridge to Matrix: nobody reads what is sent to me. Please use the channel."


class Answers:
    """One per connection; `monotonic` gives seconds, `now` the time of day."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._monotonic = monotonic
        self._now = now
        self._given: list[float] = []
        self._told: dict[str, None] = {}

    def to_ctcp(self, nick: str, request: str) -> list[str]:
        """The answer to a CTCP request (without its wrapper), or nothing."""
        verb, _, argument = request.partition(" ")
        match verb.upper():
            case "VERSION":
                answer = "VERSION matrix-bridgekit"
            case "PING":
                answer = f"PING {printable(argument)[:_LONGEST]}"
            case "TIME":
                answer = f"TIME {self._now():%a, %d %b %Y %H:%M:%S} UTC"
            case _:  # DCC would connect people to each other; the rest nobody needs
                return []
        return self._notice(nick, f"\x01{answer}\x01")

    def to_nobody(self, nick: str) -> list[str]:
        """The answer to what is said to the bot, once to each."""
        if nick in self._told:
            return []
        written = self._notice(nick, _NOBODY_HERE)
        if written:
            self._told[nick] = None
        if len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]
        return written

    def _notice(self, nick: str, text: str) -> list[str]:
        moment = self._monotonic()
        self._given = [given for given in self._given if given > moment - _PER]
        if len(self._given) >= _MOST:
            return []
        self._given.append(moment)
        return [compose("NOTICE", nick, text)]
