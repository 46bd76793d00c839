"""What is done when somebody opts out, in, or asks for help: remembered first, answered once."""

from __future__ import annotations

from bridgekit import RemoteUserID
from bridges.sms import numbers
from bridges.sms.config import SMSConfig
from bridges.sms.lines import Lines
from bridges.sms.opt_out import Wish, words
from bridges.sms.standing import OptedOut, Standing

_CANADA = "CA"
SAID = {
    Wish.STOP: "has opted out: nothing is sent to this number until they text START.",
    Wish.START: "has opted in again.",
}


class Wishes:
    """Of one network."""

    def __init__(self, config: SMSConfig, lines: Lines, standing: Standing) -> None:
        self._config, self._lines, self._standing = config, lines, standing
        options = config.opt_out
        self._words = words(options.languages, yes=options.yes)
        self._canadian = words((*options.languages, "fr"), yes=options.yes)

    def of(self, own: str, user: RemoteUserID, text: str) -> Wish | None:
        """What a text asks for; None if it is an ordinary one.

        In Canada carriers know ARRET and AIDE beside STOP and HELP (CWTA, short code guidelines).
        """
        there = numbers.region(user) if user.isdecimal() else None
        canadian = _CANADA in (there, self._config.home(own))
        return (self._canadian if canadian else self._words).wish(text)

    async def opted_out(self, own: str, user: RemoteUserID) -> OptedOut | None:
        """Whether they want nothing of this number of ours, or of the service that it is in."""
        return await self._standing.opted_out(user, *filter(None, (own, self._service(own))))

    def _service(self, own: str) -> str:
        """The service of several numbers that its gateway has for it; "" where it has none."""
        return self._config.providers[self._config.via(own)[0]].service

    def _scopes(self, own: str) -> list[str]:
        """What a word to this number is about: itself, and with a service all numbers of that.

        Each by its own name, so that it holds whatever is configured as their service later.
        """
        service = self._service(own)
        if not service:
            return [own]
        return [service, *(one for one in self._config.numbers if self._service(one) == service)]

    async def note(
        self, own: str, user: RemoteUserID, wish: Wish, source: str, key: str = ""
    ) -> bool:
        """Remember it, durable on return; False: it was so already. `key`: whose words it is in."""
        match wish:
            case Wish.STOP:
                return await self._standing.opt_out(user, self._scopes(own), source, key)
            case Wish.START:
                return await self._standing.opt_in(user, self._scopes(own), key)
            case Wish.HELP:
                return True

    async def first(self, own: str, user: RemoteUserID, key: str) -> bool:
        """Whether a text of theirs is to be answered: each once, however often it is told.

        What has no ID is known by `heard.py` alone: the next HELP would look the same.
        """
        return not key or await self._standing.answers(own, user, key)

    def answer_to(self, own: str, wish: Wish, *, answered: bool) -> str:
        """What is texted back; "" where the gateway has done it, or nothing is configured."""
        gateway = self._lines[self._config.via(own)[0]]
        if answered or gateway.traits.answers:
            return ""
        options = self._config.opt_out
        replies = {
            Wish.STOP: options.stop_reply,
            Wish.START: options.start_reply,
            Wish.HELP: options.help_reply,
        }
        return replies[wish]
