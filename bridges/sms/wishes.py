"""What is done when somebody opts out, in, or asks for help: remembered first, answered once."""

from __future__ import annotations

from bridgekit import RemoteUserID
from bridges.sms.config import SMSConfig
from bridges.sms.lines import Lines
from bridges.sms.opt_out import Wish
from bridges.sms.standing import Standing

SAID = {
    Wish.STOP: "has opted out: nothing is sent to this number until they text START.",
    Wish.START: "has opted in again.",
}


class Wishes:
    """Of one network."""

    def __init__(self, config: SMSConfig, lines: Lines, standing: Standing) -> None:
        self._config, self._lines, self._standing = config, lines, standing

    def scope(self, own: str) -> str:
        """What people opt out of: a service of several numbers, where the gateway has one."""
        first = self._config.providers[self._config.via(own)[0]]
        return first.service or own

    async def note(
        self, own: str, user: RemoteUserID, wish: Wish, source: str, key: str = ""
    ) -> bool:
        """Remember it, durable on return; False: it was so already. `key`: whose words it is in."""
        match wish:
            case Wish.STOP:
                return await self._standing.opt_out(self.scope(own), user, source, key)
            case Wish.START:
                return await self._standing.opt_in(self.scope(own), user, key)
            case Wish.HELP:
                return True

    async def first(self, own: str, user: RemoteUserID, key: str) -> bool:
        """Whether a text of theirs is to be answered: each once, however often it is told.

        What has no ID is known by `heard.py` alone: the next HELP would look the same.
        """
        return not key or await self._standing.answers(self.scope(own), user, key)

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
