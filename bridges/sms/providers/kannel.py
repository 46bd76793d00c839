"""Kannel: sends by its `sendsms` service, and calls us by the `get-url` of an `sms-service`.

https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html, chapters 6 and 7. It signs
nothing: its calls carry a word of ours in their address (`token`). Whatever we would answer it
would text, so the answer is empty. Options: `conf` is its configuration, for `doctor` to look into.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote_to_bytes, urlencode

from bridgekit import Finding, LoginError, Rejected, RetryLater, Scope, Severity
from bridges.sms.alphabet import Encoding
from bridges.sms.fields import moment
from bridges.sms.http import Answer, ask
from bridges.sms.joining import decode
from bridges.sms.provider import (
    Call,
    ForgedError,
    Hooked,
    Inbound,
    Outgoing,
    Part,
    Provider,
    Report,
    Told,
    Traits,
    UnusableError,
)
from bridges.sms.providers.kannel_conf import faults, groups
from bridges.sms.status import Rank
from bridges.sms.udh import concatenation

SEND = "/cgi-bin/sendsms"
QUERY = "from=%p&to=%P&text=%b&coding=%c&charset=%C&udh=%u&id=%I&time=%T"
_MASK = "31"  # every report: 1 delivered, 2 failed, 4 queued, 8 accepted, 16 rejected
_RANKS = {1: Rank.DELIVERED, 2: Rank.UNDELIVERED, 4: Rank.QUEUED, 8: Rank.SENT, 16: Rank.FAILED}
_UCS2 = "2"
_NOT_KANNEL = frozenset({301, 302, 404, 405})  # another server, or its port for administrators


class Kannel(Provider, Hooked):
    """`user` and `secret` are those of its `sendsms-user`."""

    title = "Kannel"
    traits = Traits(segments=10, keeps=True)
    options: ClassVar[Mapping[str, str]] = {"conf": ".+"}
    signs = False

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        ucs2 = message.segments.encoding is Encoding.UCS2
        fields = {"From": message.own, "To": message.to[0], "Coding": _UCS2 if ucs2 else "0"}
        fields |= {"DLR-Mask": _MASK, "DLR-URL": self._report_url(message)}
        self._judge(await self._ask(message.text, fields))
        # Kannel gives no ID: ours, which its reports bring back, is one.
        return (message.txn,)

    async def _ask(self, text: str, fields: Mapping[str, str]) -> Answer:
        """By POST, which its form of a request allows with headers only (user guide, 6.2.1)."""
        secret = self.settings.secret.get_secret_value()
        fields = {"Username": self.settings.user, "Password": secret, **fields}
        headers = {f"X-Kannel-{name}": value for name, value in fields.items()}
        headers["Content-Type"] = "text/plain; charset=UTF-8"
        url = (self.settings.api_url or "http://127.0.0.1:13013").rstrip("/") + SEND
        return await ask(self.around.http, "POST", url, headers=headers, data=text.encode())

    def _report_url(self, message: Outgoing) -> str:
        about = {"id": message.txn, "own": message.own, "peer": message.to[0]}
        return f"{self.around.url}?{urlencode(about)}&report=%d&said=%A"

    async def sign_in(self) -> None:
        """Without a receiver it sends nothing, and says whether it knows us all the same."""
        answer = await self._ask("", {"DLR-URL": self.around.url})
        if answer.status == 403:  # noqa: PLR2004 (forbidden)
            raise LoginError("Kannel does not accept the user and the secret of its sendsms-user.")
        if answer.status in _NOT_KANNEL:
            why = f"What answers there, with status {answer.status}, is not Kannel's smsbox."
            raise Rejected(f"{why} `api_url` names its sendsms-port.")

    async def check(self) -> Sequence[Finding]:
        """What in its configuration would lose texts, or send our answers to people."""
        file = self.settings.option("conf")
        if not file:
            return ()
        try:
            text = await asyncio.to_thread(Path(file).read_text, "utf-8", "replace")
        except OSError as error:
            why = f"{file} cannot be read ({error.strerror})."
            return [Finding(Severity.WARNING, why, "Let the bridge read it, or take `conf` away.")]
        return [
            Finding(Severity.ERROR, f"{file}: {why}", fix, id=name)
            for why, fix, name in faults(text, self.around.url)
        ]

    def _judge(self, answer: Answer) -> None:
        said = answer.text().strip()
        match answer.status:
            case 202:
                return
            case 403:
                raise LoginError("Kannel does not accept the user and the secret.")
            case 503:
                raise RetryLater("Kannel has no way to the phone network now.", scope=Scope.LOGIN)
            case status if 400 <= status < 500:  # noqa: PLR2004 (the sender's fault)
                raise Rejected(f"Kannel refused it: {said[:200] or status}")
            case status:
                raise ConnectionError(f"Kannel answered with status {status}")

    # What it calls us for.

    def verify(self, call: Call) -> None:  # noqa: ARG002 (it signs nothing to be looked at)
        """The word in the address was checked; without one, anybody could call."""
        if not (self.settings.token.get_secret_value() or self.settings.allow_from):
            raise ForgedError("neither `token` nor `allow_from` is configured")

    def parse(self, call: Call) -> Sequence[Told]:
        fields = _fields(call.raw_query)
        told = {name: value.decode("utf-8", "replace") for name, value in fields.items()}
        if told.get("test"):
            return ()  # our own, in set-up
        if "report" in told:
            return [_report(told)]
        if "from" not in told or "text" not in told:
            raise UnusableError("it has no sender or no text: is the get-url complete?")
        return [_inbound(told, fields)]

    def sample(self) -> Call:
        query = "test=bridgekit"
        url = f"{self.around.url}?{query}"
        return Call("GET", url, (), {}, b"", "", query)

    def address(self) -> str:
        return f"{self.around.url}?{QUERY}"

    def instructions(self) -> str:
        return f"have this in Kannel's configuration:\n\n{groups(self.address())}"


def _fields(query: str) -> dict[str, bytes]:
    """The fields as bytes: a text in UCS-2 is not UTF-8, and must not be read as that."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {name: unquote_to_bytes(value.replace("+", " ")) for name, _, value in pairs}


def _report(told: dict[str, str]) -> Report:
    kind = told["report"]
    if not kind.isdecimal() or int(kind) not in _RANKS:
        raise UnusableError(f"it is a report of kind {kind[:20]!r}, which there is not")
    rank, said = _RANKS[int(kind)], told.get("said", "")
    txn, own, peer = told.get("id", ""), told.get("own", ""), told.get("peer", "")
    return Report(txn, own, peer, rank, text=said, txn=txn)


def _inbound(told: dict[str, str], fields: dict[str, bytes]) -> Inbound:
    coding = "ucs2" if told.get("coding") == _UCS2 else _charset(told.get("charset", ""))
    octets = fields["text"]
    header = concatenation(fields.get("udh", b""))
    part = None
    if header is not None and header.total > 1:
        part = Part(header.reference, header.total, header.number, octets, coding)
    return Inbound(
        sender=told["from"],
        to=told.get("to", ""),
        text=decode(octets, coding),
        id=told.get("id") or sha256("&".join(sorted(told.values())).encode()).hexdigest()[:32],
        at=moment(told.get("time", "")),
        part=part,
    )


def _charset(name: str) -> str:
    """What Kannel's names for its charsets are in Python; it decodes GSM itself."""
    known = {"": "utf-8", "utf-8": "utf-8", "utf-16be": "ucs2", "iso-8859-1": "latin-1"}
    known |= {"windows-1252": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "8-bit": "8bit"}
    return known.get(name.lower(), "utf-8")
