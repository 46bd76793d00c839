"""What is logged of an exception that somebody else's code raised."""

from __future__ import annotations

import pytest
from aiohttp import ClientResponseError, ClientSession, RequestInfo
from multidict import CIMultiDict, CIMultiDictProxy
from structlog.testing import capture_logs
from yarl import URL

from bridgekit.errors import Rejected
from bridgekit.fault import fault_of
from bridgekit.testing.loopback import LoopbackNetwork

SECRET = "s3cr3t-t0k3n"


def refused() -> ClientResponseError:
    """As aiohttp raises it: with the headers of the request."""
    headers = CIMultiDictProxy(CIMultiDict(Authorization=f"Bearer {SECRET}"))
    url = URL(f"http://chat.example/{SECRET}/me")
    return ClientResponseError(RequestInfo(url, "GET", headers, url), (), status=502)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (KeyError(SECRET), "KeyError"),
        (refused(), "ClientResponseError 502"),
        (
            ConnectionRefusedError(111, "Connection refused"),
            "ConnectionRefusedError: Connection refused",
        ),
        (Rejected("The chat is closed."), "The chat is closed."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_says_what_it_was_and_not_its_words(error, says):
    assert fault_of(error) == says


def test_it_says_where_in_the_code_that_it_is_about():
    class Adapter:
        def speak(self) -> None:
            raise KeyError(SECRET)

    with pytest.raises(KeyError) as raised:
        Adapter().speak()
    line = Adapter.speak.__code__.co_firstlineno + 1
    assert fault_of(raised.value, Adapter()) == f"KeyError at test_fault.py:{line} in speak"
    assert fault_of(raised.value, LoopbackNetwork()) == "KeyError"
    assert fault_of(raised.value, ClientSession) == "KeyError"


async def test_no_token_of_a_login_reaches_the_log_or_the_trace(rig):
    async def connecting(_: object) -> None:
        raise refused()

    rig.network.connecting = connecting
    with capture_logs() as logs:
        rig.begin()
        while not (said := [one for one in logs if one["event"] == "connection failed"]):
            await rig.clock.sleep(0.05)
        await rig.stop()
    assert said[0]["error"].startswith("ClientResponseError 502")
    assert SECRET not in str(logs)
