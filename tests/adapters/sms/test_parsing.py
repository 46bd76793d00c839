"""What each gateway tells, read from the bodies that its documentation shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest

from bridges.sms.alphabet import to_ucs2
from bridges.sms.opt_out import Wish
from bridges.sms.provider import Call, Inbound, Media, Part, Report, UnusableError
from bridges.sms.providers.android import AndroidGateway
from bridges.sms.providers.kannel import Kannel
from bridges.sms.providers.plivo import Plivo
from bridges.sms.providers.telnyx import Telnyx
from bridges.sms.providers.twilio import Twilio
from bridges.sms.providers.vonage import Vonage
from bridges.sms.status import Rank
from tests.adapters.sms.test_signatures import URL, gateway


def form(**fields: str) -> Call:
    return Call("POST", URL, (), {}, urlencode(fields).encode(), "")


def body(content: Any) -> Call:
    headers = {"content-type": "application/json"}
    return Call("POST", URL, (), headers, json.dumps(content).encode(), "")


def get(query: str) -> Call:
    return Call("GET", f"{URL}?{query}", (), {}, b"", "", query)


# Twilio


def test_twilio_tells_of_a_text_with_files() -> None:
    call = form(
        MessageSid="MM1",
        From="+14155550101",
        To="+14155550100",
        Body="look",
        NumMedia="2",
        MediaUrl0="https://api.twilio.com/1",
        MediaContentType0="image/png",
        MediaUrl1="https://api.twilio.com/2",
        MediaContentType1="text/vcard",
    )
    (told,) = gateway(Twilio).parse(call)
    media = (
        Media("https://api.twilio.com/1", "image/png"),
        Media("https://api.twilio.com/2", "text/vcard"),
    )
    assert told == Inbound("+14155550101", "+14155550100", "look", "MM1", media=media)


def test_twilio_tells_that_it_has_answered_a_stop_itself() -> None:
    call = form(MessageSid="SM1", From="+1", To="+2", Body="Stop", OptOutType="STOP")
    (told,) = gateway(Twilio).parse(call)
    assert (told.wish, told.answered) == (Wish.STOP, True)


@pytest.mark.parametrize(("own", "answered"), [("+14155550100", True), ("12345", False)])
def test_twilio_answers_a_stop_itself_but_not_for_short_codes(own: str, *, answered: bool) -> None:
    (told,) = gateway(Twilio).parse(form(MessageSid="SM1", From="+1", To=own, Body=" stop "))
    assert (told.wish, told.answered) == (None, answered)


def test_twilio_tells_why_a_message_failed() -> None:
    call = form(
        MessageSid="SM1",
        From="+14155550100",
        To="+14155550101",
        MessageStatus="undelivered",
        ErrorCode="30003",
    )
    (told,) = gateway(Twilio).parse(call)
    expected = Report("SM1", "+14155550100", "+14155550101", Rank.UNDELIVERED, "30003")
    assert told == expected


# Kannel


def test_kannel_tells_of_a_text_in_utf_8_and_of_one_in_ucs_2() -> None:
    octets = quote_from_bytes(to_ucs2("漢字 😀"), safe="")
    (one,) = gateway(Kannel).parse(
        get("from=%2B1415&to=%2B1416&text=hi+%C3%BC&coding=0&charset=UTF-8&udh=&id=1&time=0")
    )
    (other,) = gateway(Kannel).parse(
        get(f"from=%2B1415&to=%2B1416&text={octets}&coding=2&charset=UTF-16BE&udh=&id=2")
    )
    assert (one.text, one.id, one.at) == ("hi ü", "1", datetime.fromtimestamp(0, UTC))
    assert other.text == "漢字 😀"


def test_kannel_hands_on_parts_where_it_does_not_join_them() -> None:
    (told,) = gateway(Kannel).parse(
        get("from=1&to=2&text=hi&coding=0&charset=UTF-8&udh=%05%00%03%07%02%01&id=1")
    )
    assert told.part == Part("7", 2, 1, b"hi", "utf-8")


@pytest.mark.parametrize(
    ("kind", "rank"),
    [
        ("1", Rank.DELIVERED),
        ("2", Rank.UNDELIVERED),
        ("4", Rank.QUEUED),
        ("8", Rank.SENT),
        ("16", Rank.FAILED),
    ],
)
def test_kannel_reports_by_the_name_that_we_gave(kind: str, rank: Rank) -> None:
    (told,) = gateway(Kannel).parse(
        get(f"id=txn-1&own=%2B1416&peer=%2B1415&report={kind}&said=NACK%2F0x45")
    )
    assert told == Report("txn-1", "+1416", "+1415", rank, text="NACK/0x45", txn="txn-1")


# Vonage


def test_vonage_tells_of_a_text_in_a_form_in_json_and_in_a_query() -> None:
    fields = {
        "msisdn": "14155550101",
        "to": "14155550100",
        "messageId": "0A0000000123ABCD1",
        "text": "hi",
        "type": "text",
        "message-timestamp": "2030-01-01 12:00:00",
    }
    at = datetime(2030, 1, 1, 12, tzinfo=UTC)
    expected = Inbound("14155550101", "14155550100", "hi", "0A0000000123ABCD1", at)
    query = Call("GET", URL, tuple(fields.items()), {}, b"", "")
    for call in (form(**fields), body(fields), query):
        assert gateway(Vonage).parse(call) == [expected]


def test_a_date_that_is_none_takes_no_text_with_it() -> None:
    fields = {"msisdn": "1", "to": "2", "messageId": "3", "text": "hi"}
    (told,) = gateway(Vonage).parse(form(**fields, **{"message-timestamp": "yesterday"}))
    assert (told.text, told.at) == ("hi", None)


def test_vonage_tells_of_a_part() -> None:
    call = form(
        msisdn="1",
        to="2",
        messageId="3",
        text="first",
        concat="true",
        **{"concat-ref": "08B5", "concat-total": "3", "concat-part": "1"},
    )
    (told,) = gateway(Vonage).parse(call)
    assert told.part == Part("08B5", 3, 1, text="first")


def test_vonage_reports() -> None:
    call = form(
        msisdn="14155550101",
        to="14155550100",
        messageId="9",
        status="expired",
        **{"err-code": "1"},
    )
    expected = Report("9", "14155550100", "14155550101", Rank.EXPIRED, "vonage 1")
    assert gateway(Vonage).parse(call) == [expected]


# Telnyx


def telnyx(kind: str, **payload: Any) -> Call:
    return body({"data": {"event_type": kind, "id": "event", "payload": payload}})


def test_telnyx_tells_of_a_group_with_files() -> None:
    call = telnyx(
        "message.received",
        id="m1",
        **{"from": {"phone_number": "+14155550101"}},
        to=[{"phone_number": "+14155550100"}],
        cc=[{"phone_number": "+14155550102"}],
        text="hi",
        subject="Tulips",
        media=[{"url": "https://media.telnyx.com/1", "content_type": "image/jpeg"}],
        received_at="2030-01-01T12:00:00+00:00",
    )
    (told,) = gateway(Telnyx).parse(call)
    assert (told.sender, told.to, told.others) == (
        "+14155550101",
        "+14155550100",
        ("+14155550102",),
    )
    assert (told.subject, told.media[0].mime) == ("Tulips", "image/jpeg")


def test_telnyx_reports_of_each_receiver_and_other_events_are_nothing() -> None:
    call = telnyx(
        "message.finalized",
        id="m1",
        **{"from": {"phone_number": "+14155550100"}},
        to=[
            {"phone_number": "+14155550101", "status": "delivered"},
            {"phone_number": "+14155550102", "status": "delivery_failed"},
        ],
        errors=[{"code": "40300", "title": "Blocked"}],
    )
    one, other = gateway(Telnyx).parse(call)
    assert (one.peer, one.rank, one.code) == ("+14155550101", Rank.DELIVERED, "")
    assert (other.rank, other.code, other.text) == (Rank.UNDELIVERED, "40300", "Blocked")
    assert (one.others, other.others) == (("+14155550102",), ("+14155550101",))
    assert gateway(Telnyx).parse(telnyx("number.ordered")) == ()


# Plivo


def test_plivo_tells_of_a_text_and_reports_by_the_parent_of_a_part() -> None:
    (told,) = gateway(Plivo).parse(
        form(From="14155550101", To="14155550100", Text="hi", MessageUUID="u1", Type="sms")
    )
    assert told == Inbound("14155550101", "14155550100", "hi", "u1")
    (report,) = gateway(Plivo).parse(
        form(
            From="14155550100",
            To="14155550101",
            MessageUUID="u3",
            ParentMessageUUID="u2",
            Status="delivered",
        )
    )
    assert report == Report("u2", "14155550100", "14155550101", Rank.DELIVERED)


# Android


def test_the_app_tells_of_a_text_by_the_id_of_the_event() -> None:
    call = body(
        {
            "deviceId": "ffffffffceb0b1db0000018e937c815b",
            "event": "sms:received",
            "id": "Ey6ECgOkVVFjz3CL48B8C",
            "payload": {
                "messageId": "abc123",
                "message": "Android is always a sweet treat!",
                "phoneNumber": "6505551212",
                "simNumber": 1,
                "receivedAt": "2024-06-22T15:46:11.000+07:00",
            },
            "webhookId": "unique",
        }
    )
    (told,) = gateway(AndroidGateway).parse(call)
    assert (told.sender, told.to, told.id) == ("6505551212", "", "Ey6ECgOkVVFjz3CL48B8C")
    assert told.at is not None
    assert told.at.astimezone(UTC) == datetime(2024, 6, 22, 8, 46, 11, tzinfo=UTC)


def test_the_app_reports_why_it_could_not_send() -> None:
    payload = {"messageId": "txn-1", "phoneNumber": "+14155550101", "reason": "no service"}
    (told,) = gateway(AndroidGateway).parse(
        body({"id": "1", "event": "sms:failed", "payload": payload})
    )
    assert told == Report("txn-1", "", "+14155550101", Rank.FAILED, text="no service")


# Nonsense


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (Twilio, form(From="+1", To="+2")),
        (Twilio, form(MessageSid="SM1", To="+2")),
        (Twilio, form(MessageSid="SM1", MessageStatus="vanished")),
        (Kannel, get("to=1&text=x")),
        (Kannel, get("id=1&report=99")),
        (Vonage, form(msisdn="1")),
        (Vonage, form(msisdn="1", status="vanished")),
        (Telnyx, Call("POST", URL, (), {}, b"<html>", "")),
        (Telnyx, body({"data": {}})),
        (Plivo, form(From="1")),
        (Plivo, form(From="1", To="2", MessageUUID="3", Status="vanished")),
        (AndroidGateway, body({"event": "sms:received"})),
        (AndroidGateway, body({"event": "sms:received", "id": None, "payload": {"sender": "+1"}})),
        (AndroidGateway, body([])),
    ],
)
def test_what_nobody_can_understand_is_known_as_such(kind: type[Any], call: Call) -> None:
    with pytest.raises(UnusableError, match=" "):
        gateway(kind).parse(call)
