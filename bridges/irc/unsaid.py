"""What is said to services may be a password, and an echo brings it back: that is never kept.

Nobody needs the text of such an echo: what confirms a message are its label, ID, sender and target.
"""

import re

_TAGS = rb"(?: @\S+ \x20+ )?"
_TO_SERVICES = re.compile(
    rb"""(?ix) ^ (?P<around> %b : \S+ \x20+ (?: PRIVMSG | NOTICE | SQUERY ) \x20+
    (?P<target> [^\s\#&+!]*serv (?: @\S+ )? | [^\s\#&+!]+ @ \S+ | [QX] ) \x20+ :? )"""
    % _TAGS,
)
_WELCOME = re.compile(rb"(?ix) ^ %b : \S+ \x20+ 001 \x20+ (\S+)" % _TAGS)
_NICK = re.compile(rb"(?ix) ^ %b : ([^\s!]+) \S* \x20+ NICK \x20+ :? (\S+)" % _TAGS)
_HIDDEN = b"***"


class Unsaid:
    """For one connection. Services are `NickServ` and its like, `Q` and `X`, and whoever is written
    to at a server; but not ourselves, whatever nick we have: that is for us, and no echo.
    """

    def __init__(self) -> None:
        self._ours = b""

    def kept(self, raw: bytes) -> bytes:
        """A line as it may be kept: what somebody of ours said to services is left out."""
        self._follow(raw)
        found = _TO_SERVICES.match(raw)
        if found is None or found["target"].lower() == self._ours:
            return raw
        return found["around"] + _HIDDEN

    def _follow(self, raw: bytes) -> None:
        """What the server calls us."""
        if welcome := _WELCOME.match(raw):
            self._ours = welcome[1].lower()
        elif (renamed := _NICK.match(raw)) and renamed[1].lower() == self._ours:
            self._ours = renamed[2].lower()
