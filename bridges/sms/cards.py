"""The people in a vCard or CSV file: numbers, names and pictures."""

from __future__ import annotations

import csv
import io
import quopri
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bridgekit import ConfigError, RemoteUserID
from bridges.sms import numbers

_FOLDED = re.compile(r"\r?\n[ \t]")  # RFC 6350, 3.2
_QUOTED = "QUOTED-PRINTABLE"  # vCard 2.1, as phones write it
_ESCAPE = re.compile(r"\\([nN,;:\\])")
_NUMBER_COLUMNS = ("number", "phone", "tel", "telephone", "mobile", "phone 1 - value")
_NAME_COLUMNS = ("name", "full name", "fn", "display name", "first name")
_SURNAME_COLUMNS = ("last name", "family name", "surname")
LARGEST = 20 << 20  # bytes of a file
_LARGEST_PICTURE = 1 << 20  # of which larger ones are left out
_PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody's name, and the bytes of their picture."""

    name: str
    picture: bytes = b""

    @property
    def mime(self) -> str:
        """What kind of picture it is; "" if it is none."""
        return next(
            (kind for start, kind in _PICTURES.items() if self.picture[:4].startswith(start)), ""
        )


def read(file: Path, region: str | None) -> dict[RemoteUserID, Card]:
    """The people in a file; raises `ConfigError` where it cannot be read."""
    try:
        if file.stat().st_size > LARGEST:
            raise ConfigError(f"contacts: {file} is larger than {LARGEST >> 20} MiB; take a part")
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"contacts: {file} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"contacts: {file} is not UTF-8; save it as that") from error
    cards = text.lstrip().upper().startswith("BEGIN:VCARD")
    entries = vcards(text) if cards else rows(text)
    found = ((numbers.e164(number, region), card) for number, card in entries)
    try:
        return {RemoteUserID(user): card for user, card in found if user is not None and card.name}
    except csv.Error as error:
        raise ConfigError(f"contacts: {file} is no table that can be read ({error})") from error


def vcards(text: str) -> Iterator[tuple[str, Card]]:
    """Each number on every card (RFC 6350, and the versions before)."""
    name, picture, tels = "", b"", list[str]()
    for field, value in _fields(_FOLDED.sub("", text).splitlines()):
        match field.partition(";")[0].rpartition(".")[2].upper():
            case "BEGIN":
                name, picture, tels = "", b"", []
            case "FN":
                name = _line(value)
            case "N" if not name:
                family, _, given = value.partition(";")
                name = _line(f"{given.partition(';')[0]} {family}")
            case "TEL":
                tels.append(value.removeprefix("tel:"))
            case "PHOTO":
                picture = _picture(value)
            case "END":
                yield from ((tel, Card(name, picture)) for tel in tels)


def _picture(value: str) -> bytes:
    """Its bytes, if they are in the card: what is only an address is fetched by nobody."""
    if len(value) > 2 * _LARGEST_PICTURE:
        return b""
    try:
        found = b64decode(value.rpartition(";base64,")[2], validate=True)
    except ValueError:
        return b""
    return found if len(found) <= _LARGEST_PICTURE and Card("", found).mime else b""


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Field and value; what is quoted-printable goes on behind a `=` at the end of its line."""
    waiting = ""
    for line in lines:
        field, _, value = (waiting + line).partition(":")
        waiting = ""
        if _QUOTED not in field.upper():
            yield field, value
        elif value.endswith("="):
            waiting = f"{field}:{value[:-1]}"
        else:
            yield field, quopri.decodestring(value.encode()).decode("utf-8", "replace")


def rows(text: str) -> Iterator[tuple[str, Card]]:
    """Number and name of each row of a table with a heading, or of two columns without one."""
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    table = list(csv.reader(io.StringIO(text), dialect))
    if not table:
        return
    heading = [one.strip().casefold() for one in table[0]]
    number = next((heading.index(one) for one in _NUMBER_COLUMNS if one in heading), None)
    name = next((heading.index(one) for one in _NAME_COLUMNS if one in heading), None)
    surname = next((heading.index(one) for one in _SURNAME_COLUMNS if one in heading), None)
    body = table if number is None or name is None else table[1:]
    at = (0, 1) if number is None or name is None else (number, name)
    for row in body:
        if len(row) > max(at):
            last = f" {row[surname]}" if surname is not None and surname < len(row) else ""
            yield row[at[0]].strip(), Card(_line(row[at[1]] + last))


def _line(value: str) -> str:
    return " ".join(_ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], value).split())
