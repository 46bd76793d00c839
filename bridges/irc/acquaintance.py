"""Where people are connected from, asked for before they are banned: a ban by nick lasts a minute.

A server that tells of everybody by itself (userhost-in-names, WHOX) need not be asked.
"""

from contextlib import suppress
from dataclasses import dataclass

from bridgekit import ChatID, RemoteUserID, RetryLater
from bridges.irc.masks import Source
from bridges.irc.network import Network
from bridges.irc.questions import Question, Questions
from bridges.irc.wire import Line

_IN_WHO, _IN_WHOIS = 6, 5  # parameters: us, channel, user, host, server, nick; us, nick, user, host
_MANY = 10_000  # people in a channel
_PATIENCE = 5.0  # seconds that a ban waits for an answer


@dataclass(slots=True)
class Acquaintance:
    """Made by one connection, for all."""

    network: Network
    questions: Questions

    async def mask(self, chat: ChatID, user: RemoteUserID) -> str:
        """What bans somebody from `chat`, and nobody else who is there.

        By their nick alone only where the server does not say more.
        """
        if self.network.strangers(chat):
            for line in await self._ask("352", "315", "WHO", chat):
                if len(line.params) >= _IN_WHO:
                    self._met(Source(line.param(5), line.param(2), line.param(3)))
        whom = self.network.source(user)
        return self.network.ban(chat, whom if whom.host else await self._found(whom))

    async def _found(self, whom: Source) -> Source:
        """Somebody who is not there: on the network, or until lately."""
        for part, end, *words in (("311", "318", "WHOIS"), ("314", "369", "WHOWAS")):
            for line in await self._ask(part, end, *words, whom.nick):
                same = self.network.fold(line.param(1)) == self.network.fold(whom.nick)
                if same and len(line.params) >= _IN_WHOIS:
                    return Source(line.param(1), line.param(2), line.param(3))
        return whom

    def _met(self, source: Source) -> None:
        about = self.network.about(self.network.user(source.nick))
        if about is not None:
            about.user, about.host = source.user, source.host

    async def _ask(self, part: str, end: str, *words: str) -> list[Line]:
        with suppress(RetryLater):  # who is to be banned is banned, by what is known
            question = Question(words, frozenset({part}), end, most=_MANY)
            lines = await self.questions.ask(question, _PATIENCE)
            return [line for line in lines if line.command == part]
        return []
