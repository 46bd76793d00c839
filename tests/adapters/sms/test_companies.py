"""The gateways of companies keep the contract too, each with a fake that signs as they do."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridges.sms import SMSAdapter
from bridges.sms.fake.android import fake_android
from bridges.sms.fake.plivo import fake_plivo
from bridges.sms.fake.telnyx import fake_telnyx
from bridges.sms.fake.vonage import fake_vonage


class TestAndroid(AdapterContract):
    adapter = SMSAdapter
    brief = True

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_android()


class TestVonage(AdapterContract):
    adapter = SMSAdapter
    brief = True

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_vonage()


class TestTelnyx(AdapterContract):
    adapter = SMSAdapter
    brief = True

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_telnyx()


class TestPlivo(AdapterContract):
    adapter = SMSAdapter
    brief = True

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_plivo()
