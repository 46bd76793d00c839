"""IRC: the networks of RFC 1459 and its many descendants."""

from bridges.irc.adapter import IRCAdapter

__all__ = ["IRCAdapter"]
