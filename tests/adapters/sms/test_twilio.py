"""A messaging service of Twilio's: it has an address of its own, not those of its numbers."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from aiohttp import ClientSession

from bridges.sms.doctor import examine
from bridges.sms.fake import FakeTwilio, fake_twilio
from bridges.sms.fake.provider import serving
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.provider import Surroundings
from bridges.sms.providers.twilio import Twilio
from tests.adapters.sms.test_listing import Ear
from tests.adapters.sms.test_whole_bridge import bodies, playing

OURS = "http://bridge/hooks/sms/twilio"


async def told(fake: FakeTwilio, http: ClientSession, **changed: Any) -> list[str]:
    """Whom Twilio calls, as far as that is not us."""
    account = fake.settings.providers["twilio"].model_copy(update=changed)
    nothing: Any = None
    around = Surroundings(http, OURS, lambda: 0.0, nothing, own=(f"+{OWN}",))
    gateway = Twilio(account, around)
    found = [one async for one in examine(fake.settings, {"twilio": gateway})]
    return [one.text for one in found if one.id == "sms-hook-not-set"]


async def test_doctor_tells_whom_a_messaging_service_calls() -> None:
    async with fake_twilio() as fake, ClientSession() as http:
        assert await told(fake, http) == [f"Twilio calls nobody for +{OWN}."]
        assert await told(fake, http, service="MG1") == ["Twilio calls nobody for MG1."]
        fake.service["inbound_request_url"] = f"{OURS}#rc=5&rp=all"
        assert await told(fake, http, service="MG1") == []
        fake.service["use_inbound_webhook_on_number"] = True
        assert await told(fake, http, service="MG1") == [f"Twilio calls nobody for +{OWN}."]


async def test_numbers_of_the_account_that_are_not_ours_are_let_alone() -> None:
    """Somebody else's program may be called for them, and what it is texted is not for us."""
    async with fake_twilio() as fake, ClientSession() as http:
        fake.hook = "https://elsewhere.example.org"
        account, nothing, ear = fake.settings.providers["twilio"], cast("Any", None), Ear()
        around = Surroundings(http, OURS, time.time, nothing, own=("+14155550199", "72345"))
        gateway = Twilio(account, around)
        await gateway.set_hook()
        assert (await gateway.hooks(), fake.hook) == ({}, "https://elsewhere.example.org")
        for to in (f"+{OWN}", "+14155550199", "72345"):
            fake._new(f"+{BOB}", to, f"to {to}", "inbound")
        fake._new("+14155550199", f"+{BOB}", "to Bob", "outbound-api")
        with pytest.raises(ConnectionError):
            await gateway.run(cast("Any", ear))
        assert [one.text for one in ear.taken] == ["to +14155550199", "to 72345"]


async def test_a_messaging_service_is_told_to_call_us_where_that_is_asked_for(tmp_path) -> None:
    class Served(FakeTwilio):
        @property
        def settings(self) -> Any:
            found = super().settings
            account = found.providers["twilio"].model_copy(update={"service": "MG1"})
            return found.model_copy(update={"providers": {"twilio": account}})

    async with playing(tmp_path, lambda: serving(Served())) as scene:
        await scene.until(lambda: scene.network.service["inbound_request_url"])
        await scene.bob_texts("hi")
        room = await scene.room()
        await scene.until(lambda: "hi" in bodies(room))
