"""Answers of a server as text for people: WHOIS, NAMES, LIST and MODE. Pure."""

from collections.abc import Callable, Sequence

from bridgekit import plain
from bridges.irc.formatting import from_irc
from bridges.irc.naming import About
from bridges.irc.wire import Line, printable

Known = Callable[[str], About | None]
_MARKS = "~&@%+!"  # of who may do what; no nick begins with one
_NOTHING = "IRC knows nothing of that."


def told(lines: Sequence[Line], known: Known = lambda _nick: None) -> str:
    """One sentence or row for each line; nothing in it is a code or a second line.

    `known` is what we know of somebody whose nick the answer has.
    """
    rows = [_row(line, known) for line in lines]
    return "\n".join(row for row in rows if row) or _NOTHING


def _row(line: Line, known: Known) -> str:
    words = [printable(plain(from_irc(word))) for word in line.params[1:]]
    if line.command == "353":
        return " ".join(_listed(entry, known) for entry in words[-1].split()) if words else ""
    return _about_somebody(line.command, words) or _about_a_channel(line.command, words)


def _listed(entry: str, known: Known) -> str:
    """An entry of NAMES, with what is known of them: `@ann (account: anna, away)`."""
    shown = entry.partition("!")[0]
    nick = shown.lstrip(_MARKS)
    about = known(nick)
    if about is None:
        return shown
    account = about.account or nick
    words = [f"account: {printable(account)}"] if account != nick else []
    more = ", ".join([*words, *(["away"] if about.away else [])])
    return f"{shown} ({more})" if more else shown


def _about_somebody(command: str, words: list[str]) -> str:
    text = ""
    match command, words:
        case "311", [nick, user, host, _, name]:
            text = f"{nick} is {name} ({user}@{host})"
        case "312", [_, server, about]:
            text = f"on the server {server} ({about})"
        case "317", [_, idle, *_] if idle.isdigit():
            text = f"silent for {int(idle) // 60} minutes"
        case "319", [_, channels]:
            text = f"in {channels}"
        case "330", [_, account, *_]:
            text = f"signed in as {account}"
        case "301", [_, reason]:
            text = f"away: {reason}"
    return text


def _about_a_channel(command: str, words: list[str]) -> str:
    match command, words:
        case "322", [channel, people, *topic]:
            return f"{channel} ({people}): {' '.join(topic)}".rstrip(": ")
        case "324", [channel, *modes]:
            return f"{channel}: {' '.join(modes)}"
    return " ".join(words[1:] if len(words) > 1 else words)
