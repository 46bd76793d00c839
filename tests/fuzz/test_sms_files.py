"""Files that texting reads: of contacts, and what Gammu SMSD leaves in its folders."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit import ConfigError
from bridgekit.codec import dump, load
from bridges.sms.cards import LARGEST, Card, read
from bridges.sms.desk import AtGateway
from bridges.sms.gammu_received import is_report, record
from bridges.sms.numbers import is_peer
from bridges.sms.providers.gammu import Gammu
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.office import BOB, place, settings
from tests.adapters.sms.test_signatures import Twilio, gateway
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, TEXT, bent


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One for all cases: its files are written anew by each."""
    with TemporaryDirectory() as name:
        yield Path(name)


_PHOTOS = ["/9j/4AAQ=", "é", "A", "data:image/jpeg;base64,/9j/4AAQ", "http://x/y", "/9j/" * 600_000]
_FIELDS = st.builds(
    "{}{}:{}".format,
    st.sampled_from(["BEGIN", "END", "FN", "N", "TEL", "item1.TEL", "PHOTO", "", "x"]),
    st.sampled_from(["", ";ENCODING=QUOTED-PRINTABLE", ";TYPE=cell", ";ENCODING=b"]) | TEXT,
    st.sampled_from(["VCARD", "+14155550101", "Bob;Builder", "=C3=", "=\n=41", "a\n b", *_PHOTOS])
    | TEXT,
)
_CARDS = st.lists(_FIELDS, max_size=12).map(lambda fields: "\n".join(["BEGIN:VCARD", *fields]))
_CELLS = st.sampled_from(["name", "phone", "+14155550101", "Bob", '"', '"a\nb"', "x" * 140_000])
_ROWS = st.lists(
    st.builds(
        lambda cells, mark: mark.join(cells),
        st.lists(_CELLS | TEXT, max_size=4),
        st.sampled_from(",;\t"),
    ),
    max_size=6,
).map("\n".join)


@tries(100)
@given(_CARDS | _ROWS | TEXT, st.sampled_from(["US", "DE", None]))
@example("BEGIN:VCARD\nFN:Bob\nTEL:+14155550101\nPHOTO:é\nEND:VCARD", None)
@example('phone,name\n+14155550101,"' + "x" * 140_000 + '"', None)
def test_any_file_of_contacts_is_read_or_refused(folder: Path, text: str, region: Any) -> None:
    file = folder / "contacts"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    found: Mapping[str, Card] = {}
    with suppress(ConfigError):
        found = read(file, region)
    for user, card in found.items():
        assert is_peer(user)
        assert card.name == " ".join(card.name.split())
        assert len(card.picture) < LARGEST


_RECORDS = (
    bent({"id": TEXT, "sender": st.sampled_from([f"+{BOB}", "Acme"]) | TEXT, "text": TEXT})
    | ANYTHING
)
_KEPT = _RECORDS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)
_NAMES = st.sampled_from(["OUTC20300101_000000_25_+14155550101_txn-1.txt", "OUT_1_2.txt", "OUTx"])


@tries(40)
@given(st.lists(_KEPT, max_size=4), st.lists(_NAMES, max_size=2))
@example([b"[" * 100_000], [])
@example([b'{"id": 1, "sender": {}, "text": []}'], [])
@example([b'{"id": "1", "sender": "+1", "text": "\\ud800"}'], [])
def test_whatever_lies_in_the_folders_of_gammu_is_stored_or_set_aside(
    folder: Path, files: list[bytes], names: list[str]
) -> None:
    async def taken() -> None:
        for name in ("outbox", "received", "sent", "error"):
            (folder / name).mkdir(exist_ok=True)
        for name in names:
            (folder / "sent" / name).touch()
        office = place(settings())
        ear = AtGateway(office.desk, office.notes.heard, "main")
        around = gateway(Twilio).around
        gammu = Gammu(ProviderSettings(api_url=f"file://{folder}"), around)
        for number, content in enumerate(files):
            file = folder / "received" / f"{number}.json"
            file.write_bytes(content)
            await gammu._take(file, ear)
            assert not file.exists()
        await gammu._report(ear)
        for event in office.host.received:
            assert load(dump(event)) == event

    asyncio.run(taken())


_VARIABLES = ["DECODED_PARTS", "DECODED_0_TEXT", "DECODED_1_TEXT", "SMS_MESSAGES", "SMS_1_TEXT"]
_VARIABLES += ["SMS_1_NUMBER", "SMS_1_REFERENCE", "SMS_2_TEXT"]
_VALUES = st.sampled_from(["", "0", "1", "2", "255", "x", "-1", "1000000000000", "9" * 5000]) | TEXT


@tries(60)
@given(st.dictionaries(st.sampled_from(_VARIABLES), _VALUES), st.lists(TEXT, max_size=2))
@example({"DECODED_PARTS": "x", "SMS_MESSAGES": "1", "SMS_1_TEXT": "hi"}, [])
@example({}, ["\udcff"])
def test_whatever_smsd_hands_on_is_kept(environment: dict[str, str], names: list[str]) -> None:
    is_report(environment)
    kept = record(environment, names)
    assert json.loads(json.dumps(kept)) == kept


def test_a_count_of_parts_that_is_none_takes_no_text_with_it() -> None:
    for count, text in (("x", ""), ("1000000000000", "hi"), ("1", "hi")):
        assert record({"SMS_MESSAGES": count, "SMS_1_TEXT": "hi"}, [])["text"] == text
