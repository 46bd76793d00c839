"""What doctor wants of Kannel and its configuration, and setup prints."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession, web

from bridgekit import Rejected
from bridges.sms.provider import Surroundings
from bridges.sms.providers.kannel import Kannel
from bridges.sms.providers.kannel_conf import faults
from bridges.sms.settings import ProviderSettings

CONF = """
group = smsbox
http-request-retry = {retry}

group = sms-service
keyword = default
max-messages = 0
omit-empty = {omit}
get-url = "https://bridge.example.org/hook/{word}?from=%p"
"""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"retry": "3"}, [("3 tries", "")]),
        ({"omit": "false"}, [("answer is empty", "kannel-reply")]),
        ({"word": "another"}, [("no sms-service", "sms-hook-not-set")]),
    ],
)
async def test_what_would_go_wrong_in_kannels_configuration_is_told(
    tmp_path, changed: dict[str, str], said: list[tuple[str, str]]
) -> None:
    file, nothing = tmp_path / "kannel.conf", Any
    file.write_text(CONF.format(**{"retry": "8640", "omit": "true", "word": "secret"} | changed))
    around = Surroundings(nothing, "https://bridge.example.org/hook/secret", lambda: 0.0, nothing)
    findings = await Kannel(ProviderSettings(options={"conf": str(file)}), around).check()
    assert len(findings) == len(said)
    assert [one.id for one in findings] == [name for _, name in said]
    assert all(words in one.text for (words, _), one in zip(said, findings, strict=True))
    assert "secret" not in "".join(one.text for one in findings)


async def test_another_server_at_its_address_is_not_taken_for_kannel() -> None:
    """Else all is well until somebody texts, and each text is refused."""
    nothing: Any = None
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    account = ProviderSettings(api_url=f"http://127.0.0.1:{runner.addresses[0][1]}", user="me")
    try:
        async with ClientSession() as http:
            gateway = Kannel(account, Surroundings(http, "", lambda: 0.0, nothing))
            with pytest.raises(Rejected, match="sendsms-port"):
                await gateway.sign_in()
    finally:
        await runner.cleanup()


def test_what_setup_prints_for_kannel_is_what_doctor_wants_there() -> None:
    nothing: Any = None
    url = "https://bridge.example.org/hook/secret"
    printed = Kannel(ProviderSettings(), Surroundings(nothing, url, lambda: 0.0, nothing))
    _, _, conf = printed.instructions().partition("\n\n")
    assert f'get-url = "{url}?' in conf
    assert list(faults(conf, url)) == []
