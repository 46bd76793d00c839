"""Names from files, in the forms that phones and tables have."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from bridgekit import ConfigError
from bridges.sms.cards import Card, read
from bridges.sms.contacts import SOURCE, Contacts
from tests.adapters.sms.office import BOB, KeepingHost, place, settings
from tests.adapters.sms.sending import client_of

VCARDS = """\
BEGIN:VCARD
VERSION:4.0
FN:Bob\\, the
  Builder
TEL;TYPE=cell:tel:+1-415-555-0101
TEL:(415) 555-0102
END:VCARD
BEGIN:VCARD
VERSION:2.1
N:Smith;Carol;;;
item1.TEL;CELL:+1 415 555 0103
END:VCARD
BEGIN:VCARD
FN:Nobody
TEL:not a number
END:VCARD
"""
VCARD_2 = """\
BEGIN:VCARD
VERSION:2.1
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Ren=C3=A9=
=20M=C3=BCller
TEL;CELL:+14155550101
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ=
END:VCARD
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            VCARDS,
            {
                "14155550101": "Bob, the Builder",
                "14155550102": "Bob, the Builder",
                "14155550103": "Carol Smith",
            },
        ),
        ("Name,Phone\nBob,+1 415 555 0101\n", {"14155550101": "Bob"}),
        ("phone;name\n(415) 555-0101;Bob\n;Carol\n", {"14155550101": "Bob"}),
        ("+14155550101,Bob\n+14155550102,Carol\n", {"14155550101": "Bob", "14155550102": "Carol"}),
        (
            "First Name,Last Name,Phone 1 - Value\nBob,Builder,+14155550101\n",
            {"14155550101": "Bob Builder"},
        ),
        (VCARD_2, {"14155550101": "René Müller"}),
        ("", {}),
    ],
)
def test_a_file_of_contacts_is_read(tmp_path, text: str, expected: dict[str, str]) -> None:
    file = tmp_path / "contacts"
    file.write_text(text, "utf-8")
    assert {user: card.name for user, card in read(file, "US").items()} == expected


def test_a_file_that_cannot_be_read_is_told(tmp_path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "missing", "US")
    latin = tmp_path / "latin"
    latin.write_bytes("Müller,+14155550101".encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8"):
        read(latin, "US")


async def test_what_a_command_says_goes_before_the_file_and_outlives_a_restart() -> None:
    host = KeepingHost()
    contacts = Contacts(host, {BOB: Card("Bob")})
    assert await contacts.name(BOB) == "Bob"
    await contacts.call(BOB, "Robert")
    again = Contacts(host, {BOB: Card("Bob")})
    await again.load()
    assert await again.name(BOB) == "Robert"
    assert again.named("robert") == [BOB]
    await again.call(BOB, None)
    assert await again.name(BOB) == "Bob"


JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200))
IN_BASE64 = b64encode(JPEG).decode()
FOLDED = "\n ".join(IN_BASE64[at : at + 60] for at in range(0, len(IN_BASE64), 60))


@pytest.mark.parametrize(
    ("field", "there"),
    [
        (f"PHOTO;ENCODING=BASE64;JPEG:{FOLDED}", True),  # 2.1
        (f"PHOTO;ENCODING=b;TYPE=JPEG:{FOLDED}", True),  # 3.0
        (f"PHOTO:data:image/jpeg;base64,{IN_BASE64}", True),  # 4.0
        ("PHOTO;VALUE=URI:https://example.org/bob.jpg", False),
        ("PHOTO;ENCODING=b:bm8gcGljdHVyZQ==", False),
        ("PHOTO;ENCODING=b:not base 64", False),
        (f"PHOTO;ENCODING=b:{'/9j/' * (1 << 19)}", False),
    ],
)
async def test_the_picture_of_a_contact_is_theirs(tmp_path, field: str, *, there: bool) -> None:
    file = tmp_path / "contacts"
    file.write_text(f"BEGIN:VCARD\nFN:Bob\nTEL:+{BOB}\n{field}\nEND:VCARD\n", "utf-8")
    host = KeepingHost()
    office = place(settings(), host)
    contacts = Contacts(host, read(file, "US"))
    office.notes = replace(office.notes, contacts=contacts)
    client = client_of(office)
    info = await client.user_info(BOB)
    assert info.name == "Bob"
    if not there:
        assert info.avatar is None
        return
    assert info.avatar.source.startswith(f"{SOURCE}{BOB} ")
    assert info.avatar.mime == "image/jpeg"
    assert b"".join([piece async for piece in client.download(info.avatar)]) == JPEG


def test_another_picture_has_another_source() -> None:
    one, other = (Contacts(KeepingHost(), {BOB: Card("Bob", JPEG + end)}) for end in (b"", b"x"))
    assert one._avatar(BOB) != other._avatar(BOB)
