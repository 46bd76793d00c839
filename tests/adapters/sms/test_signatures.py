"""Calls of gateways are believed only with the signature that the gateway itself would write.

The values are those of the gateways' own libraries and their tests: twilio-python, vonage-python,
plivo-python 4.63 (computed with it), RFC 8032 keys for Telnyx's Ed25519.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from bridges.sms.provider import Call, ForgedError, Hooked, Surroundings
from bridges.sms.providers import android, plivo, vonage
from bridges.sms.providers.android import AndroidGateway
from bridges.sms.providers.kannel import Kannel
from bridges.sms.providers.plivo import Plivo
from bridges.sms.providers.telnyx import Telnyx
from bridges.sms.providers.twilio import Twilio, signature, signed
from bridges.sms.providers.vonage import Vonage
from bridges.sms.settings import ProviderSettings

NOW = 1_893_456_000.0
URL = "https://bridge.example.org/_bridgekit/hooks/sms/main"
_KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
_PUBLIC = b64encode(
    bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
).decode()


def gateway(kind: type[Any], **settings: Any) -> Any:
    def fetch(_: str) -> AsyncIterator[bytes]:
        raise NotImplementedError

    given = {name: SecretStr(value) for name, value in settings.items() if name != "options"}
    options = {"options": settings["options"]} if "options" in settings else {}
    http: Any = None
    return kind(
        ProviderSettings(user="user", **given, **options),
        Surroundings(http, URL, lambda: NOW, fetch),
    )


def every() -> dict[str, Hooked]:
    return {
        "twilio": gateway(Twilio, secret="12345"),
        "vonage": gateway(Vonage, signing_key="secret"),
        "plivo": gateway(Plivo, secret="token"),
        "android": gateway(AndroidGateway, signing_key="key"),
    }


# Twilio: twilio-python, tests/unit/test_request_validator.py

TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}


def twilio(url: str, given: str, body: bytes | None = None) -> Call:
    headers = {"x-twilio-signature": given}
    return Call("POST", url, (), headers, urlencode(TWILIO).encode() if body is None else body, "")


@pytest.mark.parametrize(
    ("url", "given"),
    [
        (TWILIO_URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (TWILIO_URL.replace(".com", ".com:1234"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (TWILIO_URL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (TWILIO_URL.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (
            TWILIO_URL.replace("https", "http").replace(".com", ".com:1234"),
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
        ),
    ],
)
def test_twilio_signs_the_url_with_and_without_its_port(url: str, given: str) -> None:
    gateway(Twilio, secret="12345").verify(twilio(url, given))


def test_what_only_twilio_reads_of_its_address_may_be_signed_or_not() -> None:
    one = gateway(Twilio, secret="12345")
    for address in (URL, one.address()):
        call = signed(address, {"Test": "1"}, "12345")
        one.verify(replace(call, url=URL))


def test_twilio_counts_a_repeated_field_as_its_library_does() -> None:
    fields = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]
    assert signature(TWILIO_URL, fields, "12345") == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


def test_twilio_signs_the_hash_of_a_body_in_json() -> None:
    body = b'{"property": "value", "boolean": true}'
    digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    url = f"{TWILIO_URL}&bodySHA256={digest}"
    one = gateway(Twilio, secret="12345")
    one.verify(twilio(url, "a9nBmqA0ju/hNViExpshrM61xv4=", body))
    with pytest.raises(ForgedError):
        one.verify(twilio(url, "a9nBmqA0ju/hNViExpshrM61xv4=", body + b" "))


def test_twilio_signs_fields_that_we_have_never_heard_of_too() -> None:
    call = twilio(TWILIO_URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    with pytest.raises(ForgedError):
        gateway(Twilio, secret="12345").verify(replace(call, body=call.body + b"&New=1"))


# Vonage: vonage-python, tests/test_signature.py


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("md5hash", "6af838ef94998832dbfc29020b564830"),
        ("md5", "c15c21ced558c93a226c305f58f902f2"),
        ("sha1", "3e19a4e6880fdc2c1426bfd0587c98b9532f0210"),
        ("sha256", "a321e824b9b816be7c3f28859a31749a098713d39f613c80d455bbaffae1cd24"),
    ],
)
def test_vonage_signs_in_four_ways(method: str, expected: str) -> None:
    fields = {"a": "1", "b": "2", "timestamp": "1461605396"}
    assert vonage.signature(fields, "secret", method) == expected


def test_vonage_writes_what_would_divide_fields_otherwise() -> None:
    one = vonage.signature({"text": "a&b=c"}, "secret", "sha256")
    assert one == vonage.signature({"text": "a_b_c"}, "secret", "sha256")


def test_a_call_of_vonage_is_its_own_however_late_it_comes_and_whatever_our_clock_says() -> None:
    """What is refused it does not try again, and nobody says that a repetition has a new time."""
    one: Any = every()["vonage"]
    call = one.sample()
    for away in (24 * 3600, -600):
        one.around = replace(one.around, now=lambda away=away: NOW + away)
        one.verify(call)


# Plivo: computed with plivo-python 4.63


@pytest.mark.parametrize(
    ("url", "fields", "expected"),
    [
        ("https://example.com/hook", [], "51LPlhhLAEsc9yqaqeO2sMwNek994KoF/OalJpLy2fQ="),
        (
            "https://example.com/hook",
            [
                ("From", "14155550101"),
                ("To", "14155550100"),
                ("Text", "hi & b=1"),
                ("MessageUUID", "x"),
            ],
            "TOnA0aPySXtw1CofIRgy7h2mHREE4y1cy5/kt1ZZcf8=",
        ),
        (
            "https://example.com/hook?b=2&a=1",
            [("z", "1"), ("a", "2")],
            "d3TIxoROk9s97+gaHth3XpLe1Gk1XOQNMANxuDev9Ek=",
        ),
        (
            "https://example.com/hook?b=2&a=1",
            [],
            "Cjz6zwarAiYyRTmv8tLYdvUcQao4Z2DrvgS6CRUmmcY=",
        ),
        (
            "https://example.com/hook",
            [("k", "2"), ("k", "1")],
            "l/bjBEBY2uUFk7wMnyRvVvEor5a5AEUGRcG7hASvVNk=",
        ),
    ],
)
def test_plivo_signs_as_its_library_does(url: str, fields: Any, expected: str) -> None:
    assert plivo.signature(url, fields, "nonce1", "token") == expected


def test_plivo_may_name_several_signatures_where_its_tokens_change() -> None:
    one = gateway(Plivo, secret="token")
    call = one.sample()
    given = call.headers["x-plivo-signature-v3"]
    one.verify(replace(call, headers={**call.headers, "x-plivo-signature-v3": f"other,{given}"}))


# Telnyx


def telnyx(body: bytes, at: float, key: Ed25519PrivateKey = _KEY) -> Call:
    stamp = str(int(at))
    given = b64encode(key.sign(stamp.encode() + b"|" + body)).decode()
    headers = {"telnyx-timestamp": stamp, "telnyx-signature-ed25519": given}
    return Call("POST", URL, (), headers, body, "")


def test_telnyx_signs_the_time_and_the_body_with_a_key_of_its_own() -> None:
    one = gateway(Telnyx, signing_key=_PUBLIC)
    one.verify(telnyx(b"{}", NOW))
    for forged in (
        replace(telnyx(b"{}", NOW), body=b"{ }"),
        telnyx(b"{}", NOW - 301),
        telnyx(b"{}", NOW, Ed25519PrivateKey.generate()),
        Call("POST", URL, (), {}, b"{}", ""),
        replace(telnyx(b"{}", NOW), headers={"telnyx-timestamp": "1893456000"}),
    ):
        with pytest.raises(ForgedError):
            one.verify(forged)


# Android: docs.sms-gate.app, "Payload signing"


def test_the_app_signs_the_body_with_the_time_behind_it() -> None:
    expected = hmac.new(b"key", b'{"a":1}' + b"1700000000", "sha256").hexdigest()
    assert android.signature(b'{"a":1}', "1700000000", "key") == expected


# All of them


@pytest.mark.parametrize("name", ["twilio", "vonage", "plivo", "android"])
def test_a_call_of_the_gateway_is_believed_and_a_changed_one_is_not(name: str) -> None:
    one = every()[name]
    call = one.sample()
    one.verify(call)
    assert one.parse(call) == ()
    unsigned = {key: value for key, value in call.headers.items() if "signature" not in key}
    forged = [
        replace(call, body=call.body.replace(b"bridgekit", b"somebody").replace(b"{}", b"{ }")),
        replace(call, headers=unsigned, body=call.body.partition(b"&sig=")[0]),
        replace(call, headers=dict.fromkeys(call.headers, "x"), body=b"sig=x"),
    ]
    for one_call in forged:
        with pytest.raises(ForgedError):
            one.verify(one_call)


def test_a_call_that_is_made_again_much_later_is_refused() -> None:
    one: Any = every()["android"]
    call = one.sample()
    one.around = replace(one.around, now=lambda: NOW + 301)
    with pytest.raises(ForgedError, match="now"):
        one.verify(call)


@pytest.mark.parametrize("kind", [Vonage, AndroidGateway])
def test_without_a_key_nothing_is_believed(kind: type[Any]) -> None:
    one = gateway(kind)
    with pytest.raises(ForgedError):
        one.verify(one.sample())


def test_a_gateway_that_signs_nothing_needs_a_word_or_an_address() -> None:
    with pytest.raises(ForgedError, match="token"):
        gateway(Kannel).verify(Call("GET", URL, (), {}, b"", ""))
    gateway(Kannel, token="word").verify(Call("GET", URL, (), {}, b"", ""))
