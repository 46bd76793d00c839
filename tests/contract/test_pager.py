"""The toy HTTP network keeps the contract, crashes and all, without a socket."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from tests.contract.pager.adapter import PagerAdapter
from tests.contract.pager.fake import pager


class TestPager(AdapterContract):
    adapter = PagerAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return pager()
