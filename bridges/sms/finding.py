"""Whom somebody means by what they type, and which number of ours is nearest to them."""

from __future__ import annotations

from bridgekit import Rejected, RemoteUserID
from bridges.sms import numbers
from bridges.sms.config import SMSConfig
from bridges.sms.contacts import Contacts


class Finding:
    """Finds numbers and contacts."""

    def __init__(self, config: SMSConfig, contacts: Contacts) -> None:
        self._config, self._contacts = config, contacts

    def person(self, identifier: str) -> RemoteUserID:
        word = identifier.strip()
        home = self._config.home(next(iter(self._config.numbers)))
        digits = numbers.e164(word, home)
        # It may be how we spell them already, or how it is dialled here.
        if numbers.is_peer(word) and (digits is None or not numbers.is_rather(digits, word)):
            return RemoteUserID(word)
        if digits is not None:
            return RemoteUserID(digits)
        if home is not None and numbers.is_short(word):
            return numbers.peer(word, home)
        named = self._contacts.named(word)
        if len(named) == 1:
            return named[0]
        if named:
            which = ", ".join(map(numbers.shown, named))
            raise Rejected(f"Several contacts are called {word}: {which}. Say the number.")
        raise Rejected(f"{word} is no phone number and no contact; write it like +15551234567.")

    def nearest(self, user: RemoteUserID) -> str:
        """The number of ours in their country, else the first."""
        there = numbers.region(user) if user.isdecimal() else None
        mine = self._config.numbers
        return next((own for own in mine if self._config.home(own) == there), next(iter(mine)))
