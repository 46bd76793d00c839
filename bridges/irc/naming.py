"""What is known of somebody on IRC beside their nick, and how they are shown on Matrix. Pure."""

from dataclasses import dataclass

from bridgekit import plain
from bridges.irc.formatting import from_irc
from bridges.irc.wire import printable

NICK = "{nick}"
_REALNAME, _ACCOUNT = "{realname}", "{account}"
PLACES = (NICK, _REALNAME, _ACCOUNT)
_LONGEST = 100  # characters of a real name that are shown


@dataclass(slots=True)
class About:
    """As far as the server tells. `account` is "" for none, and None where nobody knows."""

    user: str = ""
    host: str = ""
    account: str | None = None
    realname: str = ""
    away: bool = False


def shown(template: str, nick: str, about: About | None) -> str | None:
    """How somebody is shown; None: what the template has of them is not known."""
    if template == NICK:
        return nick
    if about is None or (_REALNAME in template and not about.realname):
        return None
    if _ACCOUNT in template and about.account is None:
        return None
    realname = printable(plain(from_irc(about.realname)))[:_LONGEST] or nick
    words = {NICK: nick, _REALNAME: realname, _ACCOUNT: about.account or nick}
    for place, word in words.items():
        template = template.replace(place, word.replace("{", "("))
    return template
