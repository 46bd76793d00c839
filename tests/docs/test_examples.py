"""The adapters of the pages "How do I …" keep the contract, crashes and all."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from docs.examples.history import HistoryAdapter
from docs.examples.idempotency import AskableAdapter
from docs.examples.logins import PersonalAdapter
from docs.examples.media import MediaAdapter
from docs.examples.no_message_ids import NamelessAdapter
from docs.examples.polling import PollingAdapter
from docs.examples.sockets import SocketAdapter
from docs.examples.webhooks import WebhookAdapter
from tests.docs import fakes, remembering, signing_in

pytestmark = [pytest.mark.sqlite]


class TestWebhooks(AdapterContract):
    adapter = WebhookAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.calling()


class TestPolling(AdapterContract):
    adapter = PollingAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(remembering.Logged())


class TestSockets(AdapterContract):
    adapter = SocketAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Socketed())


class TestMedia(AdapterContract):
    adapter = MediaAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Filing())


class TestHistory(AdapterContract):
    adapter = HistoryAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(remembering.Forgetting())


class TestNoMessageIDs(AdapterContract):
    adapter = NamelessAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Nameless())


class TestLogins(AdapterContract):
    adapter = PersonalAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(signing_in.SigningIn())


class TestLookup(AdapterContract):
    adapter = AskableAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Askable())
