"""What an operator is told before a single text is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from bridgekit import Finding, LoginError, RetryLater, Severity
from bridgekit.ids import NetworkName
from bridgekit.stand_in_host import with_no_bridge
from bridges.sms import SMSAdapter
from bridges.sms.config import Number, SMSConfig
from bridges.sms.doctor import examine, reached, set_up
from bridges.sms.fake import fake_kannel, fake_smsc, fake_twilio
from bridges.sms.fake.android import fake_android
from bridges.sms.fake.plivo import fake_plivo
from bridges.sms.fake.telnyx import fake_telnyx
from bridges.sms.fake.vonage import fake_vonage
from bridges.sms.gateways import gateway_class
from bridges.sms.provider import ForgedError, Provider, Surroundings, Traits
from bridges.sms.providers.kannel import Kannel
from bridges.sms.providers.twilio import Twilio
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.office import OWN, Gateway, settings


async def found(gateway: Gateway) -> list[Finding]:
    return [one async for one in examine(settings(), {"main": gateway})]


class Refusing(Gateway):
    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error

    async def sign_in(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("error", "severity"),
    [
        (None, Severity.OK),
        (LoginError("Who are you?"), Severity.ERROR),
        (RetryLater("Nobody there."), Severity.ERROR),
        (TimeoutError(), Severity.ERROR),
    ],
)
async def test_each_gateway_is_asked_whether_it_accepts_us(
    error: Exception | None, severity: Severity
) -> None:
    (finding,) = await found(Refusing(error))
    assert finding.severity is severity
    assert finding.text.startswith("main: ")
    assert bool(finding.fix) is (severity is Severity.ERROR)


@pytest.mark.parametrize("name", ["android", "vonage", "telnyx"])
async def test_a_key_that_is_missing_is_found_before_every_call_is_refused(name: str) -> None:
    nothing: Any = None
    around = Surroundings(nothing, "", lambda: 0.0, nothing)

    async def accepted(_: object) -> None:
        """Else nothing more would be looked at."""

    class Quiet(gateway_class(name, ProviderSettings(provider=name))):
        sign_in = accepted
        owns = Gateway.owns

    async def told(key: str) -> list[str]:
        gateway = Quiet(ProviderSettings(provider=name, signing_key=SecretStr(key)), around)
        return [one.text async for one in examine(settings(), {"main": gateway})]

    assert any("`signing_key`" in one for one in await told(""))
    assert not any("`signing_key`" in one for one in await told("key"))


async def test_a_gateway_that_does_not_say_which_number_was_texted_should_have_one() -> None:
    names = {f"{OWN}": Number(), "14155550110": Number()}
    gateway = Gateway()
    Provider.__init__(gateway, ProviderSettings(), None)  # type: ignore[arg-type]  # it asks nobody
    for traits, told in ((Traits(), False), (Traits(names_us=False), True)):
        gateway.traits = traits
        found = [one async for one in examine(settings(numbers=names), {"main": gateway})]
        assert any("which of 2 numbers" in one.text for one in found) is told
    found = [one async for one in examine(settings(), {"main": gateway})]
    assert not any("which of" in one.text for one in found)


async def test_a_gateway_that_signs_nothing_is_found_unprotected() -> None:
    nothing: Any = None
    around = Surroundings(nothing, "", lambda: 0.0, nothing)

    class Quiet(Kannel):
        async def sign_in(self) -> None:
            pass

    bare = Quiet(ProviderSettings(), around)
    texts = [one.text async for one in examine(settings(), {"main": bare})]
    assert any("anybody could text" in one for one in texts)
    word = Quiet(ProviderSettings(token=SecretStr("a-long-random-word")), around)
    texts = [one.text async for one in examine(settings(), {"main": word})]
    assert not any("anybody could text" in one for one in texts)


# The address that a gateway calls, tried from outside.


@asynccontextmanager
async def proxied(*, changes: bool) -> AsyncIterator[tuple[Twilio, ClientSession]]:
    """A proxy that passes calls on as they are, or not."""
    nothing: Any = None

    async def call(request: web.Request) -> web.Response:
        path = "/inner" if changes else request.path
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = behind.sample()
        url = f"http://{request.host}{path}"
        try:
            behind.verify(
                type(seen)(request.method, url, (), headers, body, "", request.query_string)
            )
        except ForgedError:
            return web.Response(status=403)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", call)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as http:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/sms/twilio"
        account = ProviderSettings(user="AC1", secret=SecretStr("12345"))
        behind = Twilio(account, Surroundings(http, url, lambda: 0.0, nothing))
        try:
            yield behind, http
        finally:
            await runner.cleanup()


async def test_setup_tries_the_address_with_a_call_that_it_signs_itself() -> None:
    async with proxied(changes=False) as (twilio, _):
        finding = await reached("twilio", twilio, twilio.sample())
        assert finding.severity is Severity.OK


class Open(Twilio):
    """An account that is accepted, and has no numbers."""

    async def sign_in(self) -> None:
        pass

    async def hooks(self) -> dict[str, str]:
        return {}

    async def owns(self, _: str) -> bool | None:
        return None


async def test_a_proxy_that_changes_what_is_signed_is_found() -> None:
    async with proxied(changes=True) as (twilio, _):
        one = Open(twilio.settings, twilio.around)
        findings = [found async for found in examine(settings(), {"main": one}, called=True)]
        assert [found.severity for found in findings] == [Severity.OK, Severity.ERROR]
        assert "proxy" in findings[1].fix
        assert findings[1].id == "twilio-url-behind-proxy"


async def test_a_bridge_that_is_not_at_work_yet_is_no_fault() -> None:
    async with proxied(changes=False) as (twilio, _):
        away = replace(twilio.around, url="http://127.0.0.1:1/x")
        one = Open(twilio.settings, away)
        findings = [found async for found in examine(settings(), {"main": one}, called=True)]
        assert [found.severity for found in findings] == [Severity.OK, Severity.WARNING]


async def test_doctor_tells_whom_twilio_calls_for_a_number() -> None:
    """The adapter hands its own address over, so this is looked at without a bridge."""
    async with fake_twilio() as network:
        network.hook = "https://elsewhere.example.org"
        network.settings_options = {}
        url = "https://bridge.example.org"
        adapter = with_no_bridge(SMSAdapter, network.settings, NetworkName("sms"), url)
        (found,) = [one async for one in adapter.check() if one.id == "sms-hook-not-set"]
        assert "Twilio calls https://elsewhere.example.org" in found.text
        network.hook = f"{url}/_bridgekit/hooks/sms/twilio#rc=5&rp=all"
        assert [one async for one in adapter.check() if one.id == "sms-hook-not-set"] == []


async def test_setup_says_where_nothing_answers() -> None:
    async with proxied(changes=False) as (twilio, _):
        sample = twilio.sample()
        gone = type(sample)(sample.method, "http://127.0.0.1:1/x", (), {}, b"", "")
        finding = await reached("twilio", twilio, gone)
        assert "public_url" in finding.fix
        assert finding.id == "public-url"


class Guide:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.findings: list[Finding] = []

    async def ask(self, *_: Any) -> dict[str, str]:
        return {}

    async def show(self, text: str) -> None:
        self.shown.append(text)

    async def report(self, finding: Finding) -> None:
        self.findings.append(finding)


async def test_setup_prints_the_address_to_paste() -> None:
    async with proxied(changes=False) as (twilio, _):
        guide: Any = Guide()

        one = Open(twilio.settings, twilio.around)
        config = SMSConfig(providers={"twilio": twilio.settings}, numbers={OWN: Number()})
        await set_up(guide, config, {"twilio": one})
    assert guide.shown == [f"twilio (Twilio): have it call {twilio.around.url}#rc=5&rp=all"]
    assert [one.severity for one in guide.findings] == [Severity.OK, Severity.OK]


@pytest.mark.parametrize("fake", [fake_twilio, fake_plivo, fake_telnyx, fake_vonage])
async def test_a_number_that_is_not_the_accounts_is_found(fake: Any) -> None:
    async with fake() as network:
        name = NetworkName("sms")
        for own, wrong in ((OWN, False), ("14155550111", True)):
            config = network.settings.model_copy(update={"numbers": {own: Number()}})
            adapter = with_no_bridge(SMSAdapter, config, name, "http://127.0.0.1:1")
            texts = [one.text async for one in adapter.check()]
            assert any("no number of this account" in one for one in texts) is wrong


@pytest.mark.parametrize(
    "fake",
    [fake_android, fake_kannel, fake_plivo, fake_smsc, fake_telnyx, fake_twilio, fake_vonage],
)
async def test_a_wrong_secret_is_told_by_each_gateway_and_quoted_by_none(fake: Any) -> None:
    unasked: Any = None
    async with fake() as network, ClientSession() as http:
        ((name, right),) = network.settings.providers.items()
        wrong = right.model_copy(update={"secret": SecretStr("the wrong one")})
        for account, severity in ((right, Severity.OK), (wrong, Severity.ERROR)):
            around = Surroundings(http, "", lambda: 0.0, unasked, 5.0)
            gateway = gateway_class(name, account)(account, around)
            accepted, *_ = [one async for one in examine(network.settings, {name: gateway})]
            assert accepted.severity is severity, accepted
        assert "does not accept" in accepted.text
        assert "wrong" not in accepted.text
