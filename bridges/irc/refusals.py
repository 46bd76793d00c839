"""Every way in which an IRC server says no, as a sentence and as what should happen next."""

import re

from bridgekit import ChatID, LoginError, Rejected, RetryLater, Scope, TooLong
from bridges.irc.wire import Line, printable

# https://modern.ircdocs.horse/#numerics and https://defs.ircdocs.horse/defs/numerics.html.
_LOGIN = {
    "463": "This IRC server does not let this host connect",
    "464": "The IRC server refuses the server password",
    "465": "The IRC server has banned this connection",
    "902": "The account for SASL is locked",
    "904": "The IRC server refuses the account, its password or certificate for SASL",
    "905": "The password for SASL is too long for this IRC server",
    "906": "The IRC server broke off SASL",
    "908": "The IRC server does not take this mechanism of SASL",
}
_SEND = {
    "401": "nobody has this nick",
    "402": "there is no such server",
    "403": "there is no such channel",
    "404": "the channel is moderated, or this nick is banned from it or not in it",
    "407": "there are too many recipients",
    "408": "the channel takes no colours",
    "411": "it names nobody",
    "412": "it has no text",
    "413": "the recipient is not allowed",
    "414": "the recipient is not allowed",
    "415": "the recipient is not allowed",
    "416": "there are too many recipients",
    "417": "the line is too long",
    "477": "it takes messages from nicks with an account only",
    "486": "it takes messages from nicks with an account only",
    "492": "it takes no such requests",
    "531": "it takes no messages from you",
    "716": "it takes messages from known people only",
}
_ACT = {
    "401": "nobody has this nick",
    "403": "there is no such channel",
    "432": "the server does not take this nick",
    "433": "somebody else has this nick",
    "435": "this nick is banned from a channel that you are in",
    "436": "somebody else has this nick",
    "437": "this nick is not to be had at the moment",
    "438": "the nick was changed too often; wait a little",
    "441": "they are not in the channel",
    "442": "this nick is not in the channel",
    "443": "they are in the channel already",
    "447": "a channel that you are in allows no change of nick",
    "472": "the server does not know this mode",
    "477": "the channel does not allow it",
    "478": "the channel's list of bans is full",
    "481": "it is for operators of the network only",
    "482": "only an operator of the channel may do that, and this nick is none",
    "484": "the server protects them",
    "499": "only an owner of the channel may do that, and this nick is none",
    "518": "the channel takes no invitations",
}
_ACT_REFUSED = frozenset(map(str, range(400, 600))) | {"696", "974"}
_TOO_FAST = frozenset({"263", "439"})
_TOO_LONG = frozenset({"MULTILINE_MAX_BYTES", "MULTILINE_MAX_LINES"})  # of FAIL BATCH
_JOIN = {
    "403": "there is no such channel",
    "405": "this nick is in too many channels",
    "437": "the channel is not to be had at the moment",
    "448": "the name of the channel is not allowed",
    "471": "the channel is full",
    "473": "the channel is for invited people only",
    "474": "this nick is banned from the channel",
    "475": "the channel has a key; set it under keys",
    "476": "the name of the channel is not allowed",
    "477": "the channel is for nicks with an account only",
    "479": "the name of the channel is not allowed",
    "489": "the channel is for connections with TLS only",
    "520": "the channel is for operators of the network only",
}
_BANNED = re.compile(r"[kgz]-?lined?\b|\bbanned\b|not authori[sz]ed|bad password", re.IGNORECASE)
_CROWDED = re.compile(
    r"throttl|too many|too fast|trying to reconnect|no more connections|clone|limit", re.IGNORECASE
)
_FOR_NOW = re.compile(
    r"throttl|try again|temporar|must wait|too fast|too many joins|\(\+j\)", re.IGNORECASE
)
_PAUSE = 60.0
_SECONDS = re.compile(r"(\d+) ?(?:s|seconds?)\b")

SEND_NUMERICS = frozenset(_SEND) | _TOO_FAST
ACT_NUMERICS = _ACT_REFUSED | _TOO_FAST
JOIN_NUMERICS = (
    # Servers have many more for channels than have a name that all agree on.
    (_ACT_REFUSED | {"609", "926"}) - _SEND.keys() - _ACT.keys() - {"461", "467", "696", "974"}
) | {*_JOIN, "470"}
NICK_NUMERICS = frozenset({"432", "433", "435", "436", "437", "438", "447"})


def _words(line: Line) -> str:
    """What the server itself says, to stand within a sentence."""
    return printable(line.param(-1)).rstrip(".")


def raise_if_refused(line: Line) -> None:
    """Raise what a line during sign-in means, if it is a refusal."""
    words = _words(line)
    if sentence := _LOGIN.get(line.command):
        raise LoginError(f"{sentence}: {words}")
    if line.command != "ERROR":
        return
    if _CROWDED.search(words):
        raise RetryLater(f"The IRC server asks for a pause: {words}", _PAUSE, Scope.NETWORK)
    if _BANNED.search(words):
        raise LoginError(f"The IRC server refuses this connection: {words}")
    raise RetryLater(f"The IRC server closed the connection: {words}", scope=Scope.LOGIN)


def refused_message(line: Line, target: str) -> Rejected | RetryLater:
    """What a numeric of `SEND_NUMERICS` means for a message to `target`."""
    if line.command in _TOO_FAST:
        return _too_fast(line)
    why = _SEND.get(line.command, "the server refuses it")
    why = f"{why} ({_words(line)})"
    kind = TooLong if line.command == "417" or line.param(1) in _TOO_LONG else Rejected
    return kind(f"IRC did not take the message to {target}: {why}.")


def refused_act(line: Line, doing: str) -> Rejected | RetryLater:
    """What a numeric of `ACT_NUMERICS` means for whoever was `doing` that."""
    if line.command in _TOO_FAST:
        return _too_fast(line)
    why = _ACT.get(line.command, "the server refuses it")
    if line.command == "470":
        why = f"it takes you to {printable(line.param(2))} instead"
    return Rejected(f"IRC did not {doing}: {why} ({_words(line)}).")


def _too_fast(line: Line) -> RetryLater:
    words = _words(line)
    pause = _SECONDS.search(words)
    return RetryLater(
        f"The IRC server asks for a pause: {words}", float(pause[1]) if pause else _PAUSE
    )


def refused_join(line: Line, chat: ChatID) -> Rejected | RetryLater:
    """What a numeric of `JOIN_NUMERICS` means for joining `chat`."""
    words = _words(line)
    if line.command in _TOO_FAST:
        return _too_fast(line)
    if (line.command not in _JOIN or line.command == "437") and _FOR_NOW.search(words):
        pause = _SECONDS.search(words)
        why = f"IRC does not let us into {chat} yet: {words}"
        return RetryLater(why, float(pause[1]) if pause else None)
    if line.command == "470":
        return Rejected(f"IRC forwards {chat} to {printable(line.param(2))}; bridge that instead.")
    why = _JOIN.get(line.command, "the server refuses it")
    return Rejected(f"IRC does not let us into {chat}: {why} ({words}).")
