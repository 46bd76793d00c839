"""An account that the gateway refuses: what is said meanwhile is kept, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from bridgekit import LoginError
from bridgekit.configuration.fallback_settings import ExpirySettings
from bridgekit.lanes import expiry
from bridgekit.login import logins, refused
from bridgekit.to_network import blame, held
from bridges.sms.fake.twilio import error
from bridges.sms.provider import Surroundings
from bridges.sms.providers.plivo import Plivo
from bridges.sms.providers.telnyx import Telnyx
from bridges.sms.providers.twilio import Twilio
from bridges.sms.providers.vonage import Vonage
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.test_whole_bridge import SMS, Scene, bodies, playing


def suspends(scene: Scene) -> None:
    """The next text is refused, and so is every sign-in from here on."""

    def suspended(_: object) -> web.Response:
        scene.network.troubles.refusing = True
        return error(403, 20005, "Account not active")

    scene.network.troubles.waiting.append(suspended)


async def waits(scene: Scene) -> Any:
    """Alice has said something that the gateway refuses, and knows it."""
    await scene.bob_texts("hi")
    room = await scene.room()
    await scene.until(lambda: "hi" in bodies(room))
    suspends(scene)
    await scene.says(room, "one")
    await scene.says(room, "two")
    await scene.until(lambda: len(told(room)) == 2)
    return room


def told(room: Any) -> list[str]:
    return [one for one in bodies(room) if "Your message is waiting" in one]


async def test_what_is_said_while_the_account_is_refused_is_kept_and_sent_once_it_is_not(
    tmp_path,
) -> None:
    async with playing(tmp_path) as scene:
        room = await waits(scene)
        assert all("Account not active" in one for one in told(room))
        await scene.rig.stop()
        await scene.rig.start()  # it is refused still
        scene.network.troubles.refusing = False
        logins = scene.rig.bridge.parts.networks.get(SMS).logins
        (numbers,) = logins.all()
        await logins.restart(numbers)
        await scene.until(lambda: scene.heard() == ["alice: one", "alice: two"])
        assert len(told(room)) == 2


async def test_what_waits_for_a_refused_account_ages_out_and_is_told(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "EVERY", 0.05)
    async with playing(tmp_path, expire_after=ExpirySettings(to_network=5e-4)) as scene:
        await scene.bob_texts("hi")
        room = await scene.room()
        await scene.until(lambda: "hi" in bodies(room))
        suspends(scene)
        await scene.says(room, "one")
        await scene.until(lambda: [one for one in bodies(room) if "longer than a message" in one])
        assert scene.heard() == []


async def test_a_text_that_is_refused_like_an_account_each_time_fails_alone(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (blame, logins, refused):
        monkeypatch.setattr(module, "REFUSED_FOR", 0.05)  # else five minutes

    async with playing(tmp_path) as scene:
        await scene.bob_texts("hi")
        room = await scene.room()
        await scene.until(lambda: "hi" in bodies(room))
        for _ in range(2):
            answer = error(403, 99999, "Not from this account")
            scene.network.troubles.waiting.append(lambda _, answer=answer: answer)
        await scene.says(room, "one")
        await scene.says(room, "two")
        await scene.until(lambda: scene.heard() == ["alice: two"])
        await scene.until(lambda: [one for one in bodies(room) if "takes what others say" in one])
        assert [one for one in bodies(room) if "Not from this account" in one]


async def test_who_waits_for_a_gateway_that_takes_nothing_is_told(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(held.PATIENCE, held.Cause.BUSY, 0.0)  # else five minutes
    async with playing(tmp_path) as scene:
        await scene.bob_texts("hi")
        room = await scene.room()
        await scene.until(lambda: "hi" in bodies(room))
        await scene.network.delay(1)
        await scene.says(room, "one")
        await scene.until(lambda: scene.heard() == ["alice: one"])
        await scene.until(lambda: told(room))
        assert "does not take it for now" in told(room)[0]
        assert "asks for a pause" in told(room)[0]


# What gateways say of an account without credit.


async def gateway(kind: type[Any], answer: dict[str, Any]) -> Any:
    async def answered(_: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_get("/{path:.*}", answered)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url, nothing = f"http://127.0.0.1:{runner.addresses[0][1]}", Any
    try:
        async with ClientSession() as http:
            account = ProviderSettings(api_url=url, user="me", secret=SecretStr("s"))
            await kind(account, Surroundings(http, "", lambda: 0.0, nothing)).sign_in()
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Twilio, {"status": "active"}, {"status": "suspended"}),
        (Vonage, {"value": 3.5}, {"value": 0.0}),
        (Telnyx, {"data": {"available_credit": "1.5"}}, {"data": {"available_credit": "0.0"}}),
        (
            Plivo,
            {"billing_mode": "prepaid", "cash_credits": "1.2"},
            {"billing_mode": "prepaid", "cash_credits": "0"},
        ),
        (Plivo, {"billing_mode": "postpaid", "cash_credits": "0"}, None),
    ],
)
async def test_an_account_without_credit_is_not_let_in(
    kind: type[Any], good: dict[str, Any], bad: dict[str, Any] | None
) -> None:
    await gateway(kind, good)
    if bad is not None:
        with pytest.raises(LoginError):
            await gateway(kind, bad)
