"""Which links Telegram takes in a message: for another one it refuses all of it. Pure."""

import re


def leads_anywhere(url: str) -> bool:
    """Into the web, to a host with a dot in its name, or to something of Telegram's own."""
    scheme, _, rest = url.partition("://")
    host = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    own, web = scheme.lower() == "tg", scheme.lower() in ("http", "https")
    return own or (web and ("." in host or host.startswith("[")))
