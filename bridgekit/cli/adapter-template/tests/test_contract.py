"""Tinychat keeps the contract of adapters: nothing is lost, nothing is doubled."""

from contextlib import AbstractAsyncContextManager

from bridgekit.testing.contract import AdapterContract, FakeNetwork

from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.fake import fake_tinychat


class TestTinychat(AdapterContract):
    adapter = TinychatAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_tinychat()
