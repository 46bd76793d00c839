"""SMS keeps the contract, through gateways that call us and through one that we call."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.crash import LoopClock
from bridges.sms import SMSAdapter
from bridges.sms.fake import fake_kannel, fake_smsc, fake_twilio


class TestKannel(AdapterContract):
    """Which gives no ID, and can be asked nothing. The real one keeps the contract, too."""

    adapter = SMSAdapter
    brief = True
    also = frozenset({"test_a_crash_at_any_await_changes_no_end"})

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_kannel()


class TestTwilio(AdapterContract):
    """Which can be asked what became of a message."""

    adapter = SMSAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_twilio(lambda: LoopClock().now())


class TestSMPP(AdapterContract):
    """Which holds a connection, and numbers what phones text anew each time."""

    adapter = SMSAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_smsc()
