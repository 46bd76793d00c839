"""Gateways that behave as the real ones do, for tests and rehearsals."""

from bridges.sms.fake.kannel import FakeKannel, fake_kannel
from bridges.sms.fake.smsc import FakeSmsc, fake_smsc
from bridges.sms.fake.twilio import FakeTwilio, fake_twilio

__all__ = [
    "FakeKannel",
    "FakeSmsc",
    "FakeTwilio",
    "fake_kannel",
    "fake_smsc",
    "fake_twilio",
]
