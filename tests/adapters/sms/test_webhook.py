"""The calls of gateways, as HTTP: who may call, what is answered, and when."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from multidict import CIMultiDict
from pydantic import SecretStr

from bridges.sms import webhook
from bridges.sms.provider import Call, Provider, Surroundings, Told
from bridges.sms.providers.android import AndroidGateway
from bridges.sms.providers.kannel import QUERY, Kannel
from bridges.sms.providers.plivo import Plivo
from bridges.sms.providers.telnyx import Telnyx
from bridges.sms.providers.twilio import Twilio
from bridges.sms.providers.vonage import Vonage
from bridges.sms.settings import ProviderSettings
from bridges.sms.webhook import Hook, path_of

TEXT = "from=%2B14155550101&to=%2B14155550100&text=hi&coding=0&charset=UTF-8&udh=&id=1"
WORD = "a-long-random-word"


class Ear:
    """Keeps what it is told; `failure` is raised instead, once."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.aside: list[tuple[bytes, str]] = []
        self.failure: Exception | None = None

    async def take(self, *told: Told) -> None:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        self.told += told

    async def set_aside(self, body: bytes, why: str) -> None:
        self.aside.append((body, why))


@asynccontextmanager
async def hooked(
    kind: type[Provider] = Kannel, **settings: Any
) -> AsyncIterator[tuple[Hook, Ear, str]]:
    account = ProviderSettings(user="user", **settings)
    nothing: Any = None
    path = path_of("main", account)
    around = Surroundings(nothing, f"https://bridge.example.org{path}", lambda: 0.0, nothing)
    ear: Any = Ear()
    hook = Hook("main", kind(account, around), lambda _: ear)
    app = web.Application()
    app.add_routes(hook.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield hook, ear, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def called(url: str, **headers: str) -> tuple[int, str]:
    async with ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def posted(url: str, call: Call) -> int:
    """The status of such a call."""
    async with (
        ClientSession() as http,
        http.post(f"{url}/main", headers=call.headers, data=call.body) as answer,
    ):
        return answer.status


async def test_a_call_is_answered_with_nothing_that_could_be_texted_back() -> None:
    async with hooked(token=SecretStr(WORD)) as (_, ear, url):
        assert await called(f"{url}/main/{WORD}?{TEXT}") == (200, "")
        assert [one.text for one in ear.told] == ["hi"]


@pytest.mark.parametrize("path", ["/main", "/main/", "/main/another", f"/main/{WORD}/more"])
async def test_a_call_without_the_word_is_refused(path: str) -> None:
    async with hooked(token=SecretStr(WORD)) as (_, ear, url):
        status, _ = await called(f"{url}{path}?{TEXT}")
        assert (status, ear.told) == (403, [])


async def test_a_refusal_is_logged_with_the_address_that_was_checked_but_not_the_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with hooked(token=SecretStr(WORD)) as (_, _ear, url):
        await called(f"{url}/main/another?{TEXT}")
    (record,) = (one for one in caplog.records if "refused" in one.getMessage())
    assert "https://bridge.example.org/main/" in record.getMessage()
    assert WORD not in record.getMessage()
    assert "text=hi" not in record.getMessage()


@pytest.mark.parametrize(
    ("allowed", "headers", "status"),
    [
        (["127.0.0.0/8"], {}, 200),
        (["192.0.2.0/24"], {}, 403),
        (["192.0.2.0/24"], {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"}, 200),
        (["192.0.2.0/24"], {"X-Forwarded-For": "192.0.2.7, 198.51.100.1"}, 403),
        (["2001:db8::/32"], {"X-Forwarded-For": "2001:db8::1"}, 200),
        (["192.0.2.0/24"], {"X-Forwarded-For": "nonsense"}, 403),
    ],
)
async def test_only_the_addresses_of_the_gateway_may_call(
    allowed: Sequence[str], headers: dict[str, str], status: int
) -> None:
    networks = tuple(map(ip_network, allowed))
    async with hooked(allow_from=networks) as (_, _ear, url):
        assert (await called(f"{url}/main?{TEXT}", **headers))[0] == status


async def test_what_a_caller_writes_of_its_address_does_not_count() -> None:
    """Some proxies write a line of their own below it, others go on with the same one."""
    given = CIMultiDict({"X-Forwarded-For": "192.0.2.7"})
    given.add("X-Forwarded-For", "198.51.100.1")
    async with hooked(allow_from=(ip_network("192.0.2.0/24"),)) as (_, ear, url):
        async with ClientSession() as http, http.get(f"{url}/main?{TEXT}", headers=given) as answer:
            assert answer.status == 403
        assert ear.told == []


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        (AndroidGateway, {"X-Timestamp": "9" * 400}),
        (AndroidGateway, {"X-Timestamp": "0", "X-Signature": "\udcff"}),
        (Telnyx, {"telnyx-timestamp": "9" * 5000}),
        (Twilio, {"X-Twilio-Signature": "\udcff"}),
        (Plivo, {"X-Plivo-Signature-V3-Nonce": "1", "X-Plivo-Signature-V3": "\udcff"}),
        (Vonage, {"Content-Type": "application/json"}),
    ],
)
async def test_a_forged_call_of_any_shape_is_refused(
    kind: type[Provider], headers: dict[str, str]
) -> None:
    async with hooked(kind, signing_key=SecretStr("key")) as (_, ear, url):
        body = b'{"timestamp": "0", "sig": "\\udcff"}'
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST /main HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{head}\r\n"
        writer.write(head.encode("utf-8", "surrogateescape") + body)
        assert b" 403 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
        assert (ear.told, ear.aside) == ([], [])


@pytest.mark.parametrize("kind", [AndroidGateway, Plivo])
async def test_a_replayed_call_is_refused_where_a_repetition_differs_from_it(
    kind: type[Any],
) -> None:
    async with hooked(kind, signing_key=SecretStr("key"), secret=SecretStr("token")) as here:
        hook, ear, url = here
        one, again = hook._hooked.sample(), hook._hooked.sample()
        ear.failure = OSError("the disk is full")
        assert await posted(url, one) == 500
        assert await posted(url, one) in (200, 204)  # the first one was not stored
        assert await posted(url, one) == 403
        assert await posted(url, again) in (200, 204)


async def test_a_call_of_vonage_that_comes_again_to_the_byte_is_taken() -> None:
    """The answer to the first may have been lost; its ID says that it was there."""
    async with hooked(Vonage, signing_key=SecretStr("key")) as (hook, _, url):
        one = hook._hooked.sample()
        assert [await posted(url, one) for _ in range(2)] == [204, 204]


async def test_a_replayed_call_of_telnyx_is_refused_however_its_signature_is_written() -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    async with hooked(Telnyx, signing_key=SecretStr(b64encode(public).decode())) as (_, _ear, url):
        body = b'{"data": {"event_type": "other", "payload": {}}}'
        given = b64encode(key.sign(b"0|" + body)).decode()
        named = {"telnyx-timestamp": "0", "telnyx-signature-ed25519": given}
        one = Call("POST", url, (), named, body, "")
        assert await posted(url, one) == 200
        assert await posted(url, one) == 403
        other = {**named, "telnyx-signature-ed25519": f"{given[:9]}!{given[9:]}"}
        assert await posted(url, replace(one, headers=other)) == 403


async def test_of_replays_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "REMEMBERED", 2)
    async with hooked(Plivo, secret=SecretStr("token")) as (hook, _, url):
        calls = [hook._hooked.sample() for _ in range(3)]
        assert [await posted(url, one) for one in calls] == [200, 200, 200]
        assert await posted(url, calls[2]) == 403
        assert await posted(url, calls[0]) == 200


async def test_what_could_not_be_stored_is_not_acknowledged() -> None:
    async with hooked(token=SecretStr(WORD)) as (_, ear, url):
        ear.failure = OSError("the disk is full")
        assert (await called(f"{url}/main/{WORD}?{TEXT}"))[0] == 500
        assert (await called(f"{url}/main/{WORD}?{TEXT}"))[0] == 200
        assert len(ear.told) == 1


@pytest.mark.parametrize("query", ["text=x", "from=1&text=x&coding=2&udh=%ff%00", "", "report=x"])
async def test_what_nobody_understands_is_kept_and_acknowledged(query: str) -> None:
    async with hooked(token=SecretStr(WORD)) as (_, ear, url):
        assert (await called(f"{url}/main/{WORD}?{query}"))[0] == 200
        assert len(ear.aside) + len(ear.told) == 1


def test_the_address_that_kannel_is_given_has_every_field_that_is_read() -> None:
    for field in ("from=%p", "to=%P", "text=%b", "coding=%c", "charset=%C", "udh=%u", "id=%I"):
        assert field in QUERY
