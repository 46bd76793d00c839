"""What is said to services may be a password, and an echo brings it back: that is never kept.

Nobody needs the text of such an echo: what confirms a message are its label, ID, sender and target.
"""

import re

_TO_SERVICES = re.compile(
    rb"""(?ix) ^ ((?: @\S+ \x20+ )? : \S+ \x20+ (?: PRIVMSG | NOTICE | SQUERY ) \x20+
    (?: [^\s\#&+!]*serv (?: @\S+ )? | [^\s\#&+!]+ @ \S+ | [QX] ) \x20+ :? )""",
)
_HIDDEN = b"***"


def without_secrets(raw: bytes) -> bytes:
    """A line as it may be kept: what somebody of ours said to services is left out.

    Those are `NickServ` and its like, `Q` and `X`, and whoever is written to at a server.
    """
    found = _TO_SERVICES.match(raw)
    return raw if found is None else found[1] + _HIDDEN
