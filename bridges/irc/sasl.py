"""SASL over IRC: which mechanism signs in, and its answer to each challenge. No I/O.

IRCv3 SASL 3.2; SCRAM-SHA-256 (RFC 7677) is the `scramp` package's, and never sends the password.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from scramp import ScramClient, ScramException

from bridgekit import LoginError

_CHUNK = 400  # an answer goes in pieces of this size


class Mechanism(StrEnum):
    """How an account is signed in to; `AUTO` takes the best that the server offers."""

    AUTO = "auto"
    EXTERNAL = "external"  #: by the client certificate of the connection
    SCRAM = "scram-sha-256"
    PLAIN = "plain"
    NICKSERV = "nickserv"  #: a message to NickServ, for servers without SASL


@dataclass(frozen=True, slots=True)
class Account:
    """An account on the network. Without a password, the certificate has to do."""

    name: str
    password: str = field(default="", repr=False)
    mechanism: Mechanism = Mechanism.AUTO


class Exchange(Protocol):
    """One sign-in."""

    name: str

    def answer(self, challenge: bytes) -> bytes:
        """Raises `LoginError` where the server cannot be who it says."""


class Plain:
    name = "PLAIN"

    def __init__(self, account: Account) -> None:
        self._account = account

    def answer(self, challenge: bytes) -> bytes:  # noqa: ARG002 (it has none)
        return f"\0{self._account.name}\0{self._account.password}".encode()


class External:
    name = "EXTERNAL"

    def __init__(self, account: Account) -> None:
        self._account = account

    def answer(self, challenge: bytes) -> bytes:  # noqa: ARG002 (it has none)
        return self._account.name.encode()


class Scram:
    name = "SCRAM-SHA-256"

    def __init__(self, account: Account) -> None:
        self._client = ScramClient([self.name], account.name, account.password)
        self._steps = iter(self._exchange())

    def answer(self, challenge: bytes) -> bytes:
        try:
            self._challenge = challenge.decode()
            return next(self._steps, b"")
        except (ScramException, UnicodeDecodeError) as error:
            raise LoginError(
                "The IRC server's part of SCRAM-SHA-256 does not hold: it does not know this"
                " password, or it is not the server that it says."
            ) from error

    def _exchange(self) -> Iterator[bytes]:
        yield self._client.get_client_first().encode()
        self._client.set_server_first(self._challenge)
        yield self._client.get_client_final().encode()
        self._client.set_server_final(self._challenge)
        yield b""


_EXCHANGES: dict[Mechanism, type[Plain | External | Scram]] = {
    Mechanism.EXTERNAL: External,
    Mechanism.SCRAM: Scram,
    Mechanism.PLAIN: Plain,
}


def exchange(account: Account, offered: str | None) -> Exchange:
    """The sign-in for what a server offers (the value of its `sasl`; None: no SASL at all).

    Raises `LoginError` where it offers nothing that would do: no account is passed over.
    """
    if offered is None:
        raise LoginError("This IRC server offers no SASL; set mechanism: nickserv, or remove sasl.")
    names = set(offered.upper().split(",")) if offered else None  # before CAP 302 it does not say
    if account.mechanism is Mechanism.AUTO:
        wanted = [Mechanism.SCRAM, Mechanism.PLAIN] if account.password else [Mechanism.EXTERNAL]
        if names is None:
            wanted = wanted[-1:]
    else:
        wanted = [account.mechanism]
    for mechanism in wanted:
        kind = _EXCHANGES[mechanism]
        if names is None or kind.name in names:
            return kind(account)
    can = ", ".join(sorted(names or ()))
    asked = " or ".join(_EXCHANGES[mechanism].name for mechanism in wanted)
    raise LoginError(f"This IRC server does not offer SASL {asked}; it offers {can}.")


class Challenges:
    """Puts the pieces of challenges together."""

    def __init__(self) -> None:
        self._pieces = ""

    def take(self, piece: str) -> bytes | None:
        """The whole challenge, once its last piece is there."""
        self._pieces += "" if piece == "+" else piece
        if len(piece) == _CHUNK:
            return None
        whole, self._pieces = self._pieces, ""
        try:
            return base64.b64decode(whole, validate=True)
        except ValueError:
            raise LoginError("The IRC server's challenge for SASL cannot be read.") from None


def pieces(answer: bytes) -> list[str]:
    """An answer as the parameters of AUTHENTICATE."""
    encoded = base64.b64encode(answer).decode()
    chunks = [encoded[at : at + _CHUNK] for at in range(0, len(encoded), _CHUNK)]
    if not chunks or len(chunks[-1]) == _CHUNK:
        chunks.append("+")
    return chunks
