"""An IRC network in memory, for tests of the adapter and for `bridgekit dev irc`."""

from bridges.irc.fake.network import MODERN, IRCNetwork, fake_irc
from bridges.irc.fake.server import Channel, IRCServer

__all__ = ["MODERN", "Channel", "IRCNetwork", "IRCServer", "fake_irc"]
