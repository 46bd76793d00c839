"""The mistakes of an IRC set-up, by the words in which a server or the adapter tells of them."""

import re
from dataclasses import dataclass

from bridgekit import Finding, Severity


@dataclass(frozen=True, slots=True)
class Mistake:
    """`words` are looked for in a sentence; the first of a table that has its words counts."""

    id: str
    words: str
    fix: str
    why: str


_SIGNING_IN = (
    Mistake(
        "irc-certificate",
        r"certificate of .* does not hold",
        "Write host as the certificate has it, or set ca_file to the authority that signed it.",
        "Anybody on the way could be this server, so the bridge does not connect.",
    ),
    Mistake(
        "irc-tls-port",
        r"\bTLS\b",
        "Set tls and port together: true with 6697 on most networks, false with 6667.",
        "One side speaks TLS and the other does not, so neither understands a word.",
    ),
    Mistake(
        "irc-sasl-required",
        r"SASL access only|(?:require|need|must).{0,40}\bSASL\b|SASL.{0,20}required",
        "Register an account for the bot, from a connection at home if need be, and set sasl.",
        "The network takes nobody from this address who is not signed in.",
    ),
    Mistake(
        "irc-sasl-refused",
        r"\bSASL\b|does not let us sign in as",
        "Set sasl.username and sasl.password to those of the bot's account.",
        "The bridge does not try a password again that was refused: that locks accounts.",
    ),
    Mistake(
        "irc-connection-limit",
        r"asks for a pause",
        "Ask the network for a higher limit (an I-line) and set people: most to it; or give people"
        " addresses of their own.",
        "Everybody who speaks needs a connection; who finds no room waits.",
    ),
    Mistake(
        "irc-banned",
        r"\bbanned\b|refuses this connection|does not let this host connect",
        "Write to the network's operators, and wait for their answer before the next try.",
        "Who goes on to connect is banned for longer.",
    ),
)
_CHANNELS = (
    Mistake(
        "irc-reg-only",
        "account only",
        "Register the bot's nick, and set sasl; or have the channel's operators let it in (+e).",
        "Nothing of the channel is bridged while the bot is not in it.",
    ),
    Mistake(
        "irc-key-invite",
        "has a key|invited people",
        "Set the channel's key under keys; or have its operators let the bot in (+I).",
        "Nothing of the channel is bridged while the bot is not in it.",
    ),
    Mistake(
        "irc-channel-refused",
        "",
        "Ask the channel's operators to let the bot in; where they want no bots, people's"
        " connections listen as long as somebody from Matrix is there.",
        "Nothing of the channel is bridged while nobody of the bridge is in it.",
    ),
)
_ELSE = Mistake(
    "",
    "",
    "Check host and port, and whether a firewall or the server is in the way.",
    "The bridge tries again, ever more seldom.",
)


def of_signing_in(sentence: str) -> Finding:
    """Why the bridge was not let in."""
    return _finding(sentence, _SIGNING_IN)


def of_a_channel(sentence: str) -> Finding:
    """Why the bot was not let into a channel."""
    return _finding(sentence, _CHANNELS)


def _finding(sentence: str, known: tuple[Mistake, ...]) -> Finding:
    found = next((one for one in known if re.search(one.words, sentence)), _ELSE)
    return Finding(Severity.ERROR, sentence, found.fix, id=found.id, why=found.why)
