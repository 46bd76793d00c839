"""What gateways may tell of texts: each call is stored, shown or set aside, and nothing stands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.codec import dump, load
from bridges.sms.desk import AtGateway
from bridges.sms.provider import Call, Hooked, Inbound, Part, Provider
from bridges.sms.providers.android import AndroidGateway
from bridges.sms.providers.kannel import Kannel
from bridges.sms.providers.plivo import Plivo
from bridges.sms.providers.telnyx import Telnyx
from bridges.sms.providers.twilio import Twilio
from bridges.sms.providers.vonage import Vonage
from bridges.sms.webhook import Hook
from tests.adapters.sms.office import BOB, OWN, Place, place, settings
from tests.adapters.sms.test_signatures import URL, gateway
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, TEXT, bent

_NUMBERS = st.sampled_from([f"+{OWN}", OWN, f"+{BOB}", BOB, "12345", "Acme", "", "+"]) | TEXT
_COUNTS = st.sampled_from(["0", "1", "2", "3", "255", "256", "1000000", "9" * 5000, "-1", "²", "٣"])
_COUNTS |= st.integers(0, 300).map(str) | TEXT
_STATES = [
    "received",
    "delivered",
    "failed",
    "sent",
    "unknown",
    "rejected",
    "queued",
    "16",
    "9" * 5,
]
_STATE = st.sampled_from(_STATES) | TEXT
_SAID = st.sampled_from(["hi", "STOP", "Loved “hi”", "Reacted 👍 to “hi”", "\x1b\x00"]) | TEXT
_DATES = st.sampled_from(["2030-01-01 12:00:00", "0001-01-01T00:00:00+23:59", "9" * 20]) | TEXT


def _shape(*known: tuple[str, st.SearchStrategy[Any]]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: value for names, value in known for name in names.split()}


# What each gateway's calls consist of; all of it as text, where it is a form.
_FORMS: Mapping[type[Any], Mapping[str, st.SearchStrategy[Any]]] = {
    Twilio: _shape(
        ("From To", _NUMBERS),
        ("MessageSid MediaUrl0 MediaContentType0", TEXT),
        ("Body OptOutType", _SAID),
        ("NumMedia ErrorCode", _COUNTS),
        ("MessageStatus", st.just("received") | _STATE),
        ("Test", st.just("")),
    ),
    Plivo: _shape(
        ("From To", _NUMBERS),
        ("MessageUUID ParentMessageUUID Media0", TEXT),
        ("Text", _SAID),
        ("MediaCount ErrorCode", _COUNTS),
        ("Status", _STATE),
    ),
    Vonage: _shape(
        ("msisdn to", _NUMBERS),
        ("messageId", TEXT),
        ("text", _SAID),
        ("message-timestamp", _DATES),
        ("concat", st.just("true")),
        ("concat-ref", st.sampled_from("ab")),
        ("concat-total concat-part err-code", _COUNTS),
    ),
    Kannel: _shape(
        ("from to own peer", _NUMBERS),
        ("id said", TEXT),
        ("text", _SAID),
        ("time", _COUNTS | _DATES),
        ("coding", st.sampled_from("012")),
        ("charset", st.sampled_from(["UTF-8", "UTF-16BE", "windows-1252", "8-bit"]) | TEXT),
        ("udh", st.sampled_from(["\x05\0\x03\x07\x02\x01", "\x06\x08\x04\x07\x07\x02\x02"]) | TEXT),
    ),
}
_PEOPLE = st.lists(bent(_shape(("phone_number", _NUMBERS), ("status", _STATE))), max_size=3)
_FILES = st.lists(bent(_shape(("url content_type data contentType name", TEXT))), max_size=2)
_ERRORS = st.lists(bent(_shape(("code", _COUNTS), ("title", TEXT))), max_size=2)
_TELNYX = bent(
    _shape(
        ("id subject", TEXT),
        ("text", _SAID),
        ("received_at", _DATES),
        ("from", bent({"phone_number": _NUMBERS})),
        ("to cc", _PEOPLE),
        ("media", _FILES),
        ("errors", _ERRORS),
    )
)
_ANDROID = bent(
    _shape(
        ("sender phoneNumber recipient", _NUMBERS),
        ("messageId subject reason", TEXT),
        ("message", _SAID),
        ("receivedAt", _DATES),
        ("attachments", _FILES),
    )
)
_EVENTS = st.sampled_from(["message.received", "message.finalized"])
_BODIES: Mapping[type[Any], st.SearchStrategy[Any]] = {
    Telnyx: bent({"data": bent({"event_type": _EVENTS, "payload": _TELNYX})}),
    AndroidGateway: bent(
        {
            "id": TEXT,
            "event": st.sampled_from(["sms:received", "sms:sent", "mms:downloaded", "x"]),
            "payload": _ANDROID,
        }
    ),
    Vonage: bent(_FORMS[Vonage]),
}


def _octets(value: Any) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")


def _formed(fields: Mapping[str, Any]) -> st.SearchStrategy[Call]:
    pairs = urlencode({_octets(name): _octets(value) for name, value in fields.items()})
    query = tuple((name, str(value)) for name, value in fields.items())
    return st.sampled_from(
        [
            Call("POST", URL, (), {}, pairs.encode(), ""),
            Call("GET", f"{URL}?{pairs}", query, {}, b"", "", pairs),
        ]
    )


def _posted(body: bytes) -> Call:
    return Call("POST", URL, (), {"content-type": "application/json"}, body, "")


def calls(kind: type[Any]) -> st.SearchStrategy[Call]:
    """What might come to the address that one gateway calls."""
    found = st.binary(max_size=60).map(_posted)
    found |= ANYTHING.map(lambda value: _posted(json.dumps(value).encode()))
    if kind in _BODIES:
        found |= _BODIES[kind].map(lambda value: _posted(json.dumps(value).encode()))
    if kind in _FORMS:
        report = {"report": _COUNTS} if kind is Kannel else {}
        found |= (bent(_FORMS[kind]) | bent({**_FORMS[kind], **report})).flatmap(_formed)
    return found


KINDS = [Twilio, Plivo, Vonage, Kannel, Telnyx, AndroidGateway]


async def well(office: Place, octets: int) -> None:
    """All of it can be stored and is of a size with what came; texts are heard as before."""
    for _ in range(2):
        office.clock.passes(601)
        await office.desk.show_incomplete()
        office = await office.restarted()
    for event in office.host.received:
        assert load(stored := dump(event)).content == event.content
        assert len(stored) <= 40 * octets + 10_000  # a letter has six of its own in JSON
    before = len(office.host.received)
    told = Inbound(f"+{BOB}", f"+{OWN}", "still here", f"well {before}")
    await AtGateway(office.desk, office.notes.heard, "main").take(told)
    assert len(office.host.received) > before


async def _called(kind: type[Any], made: list[Call]) -> None:
    office = place(settings())
    provider: Provider = gateway(kind)
    hook = Hook("main", provider, lambda name: AtGateway(office.desk, office.notes.heard, name))
    assert isinstance(provider, Hooked)
    for call in made:
        with suppress(Exception):  # as `called` does: it is answered with 403
            provider.once(call)
            provider.verify(call)
            assert kind is Kannel, "nobody has its key"
        await hook._take(call)
    await well(office, sum(len(call.body) + len(call.raw_query) for call in made))


def _vonage(total: str, number: str = "2", at: str = "") -> Call:
    fields = {"msisdn": BOB, "to": OWN, "messageId": "1", "text": "one part", "concat": "true"}
    fields |= {"concat-ref": "a", "concat-total": total, "concat-part": number}
    fields |= {"message-timestamp": at}
    return Call("POST", URL, (), {}, urlencode(fields).encode(), "")


def _kannel(time: str) -> Call:
    query = urlencode({"from": BOB, "to": OWN, "text": "hi", "time": time})
    return Call("GET", f"{URL}?{query}", (), {}, b"", "", query)


def _telnyx(*to: Any) -> Call:
    payload = {"id": "1", "from": {"phone_number": BOB}, "text": "hi", "to": to}
    event = {"event_type": "message.received", "payload": payload}
    return _posted(json.dumps({"data": event}).encode())


@tries(100)
@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), st.lists(calls(kind)))))
@example((Vonage, [_vonage("1000000")]))
@example((Vonage, [_vonage("9" * 5000, "9" * 4999)]))
@example((Vonage, [_vonage("0", at="0001-01-01T00:00:00+23:59")]))
@example((Kannel, [_kannel("9" * 14), _kannel("9" * 5000)]))
@example((Telnyx, [_telnyx({"phone_number": None})]))
@example((Telnyx, [_telnyx({"phone_number": OWN}, {"phone_number": {}})]))
def test_whatever_a_gateway_calls_us_with_is_shown_or_set_aside(
    made: tuple[type[Any], list[Call]],
) -> None:
    asyncio.run(_called(*made))


@pytest.mark.parametrize("total", ["256", "1000000000", "9" * 5000])
def test_a_part_of_more_than_there_can_be_is_shown_as_one_that_is_not_whole(total: str) -> None:
    async def called() -> None:
        office = place(settings())
        around = AtGateway(office.desk, office.notes.heard, "main")
        await Hook("main", gateway(Vonage), lambda _: around)._take(_vonage(total))
        (event,) = office.host.received
        assert "one part" in dump(event)
        assert "a part of a longer message" in dump(event)
        assert office.notes.joining.due() == []

    asyncio.run(called())


@pytest.mark.parametrize("call", [_kannel("9" * 14), _kannel("9" * 5000)])
def test_a_time_that_is_none_takes_no_text_with_it(call: Call) -> None:
    assert [one.text for one in gateway(Kannel).parse(call)] == ["hi"]


def test_what_was_stored_of_a_text_without_end_is_shown_at_once() -> None:
    async def shown() -> None:
        office = place(settings())
        part = Part("a", 10**12, 5, text="one part")
        about = {"gateway": "main", "own": OWN, "sender": BOB}
        await office.notes.joining.add("stored", part, about)
        await well(office, len("one part"))

    asyncio.run(shown())
