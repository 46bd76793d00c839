"""The adapters of the pages "How do I …" keep the contract, crashes and all."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from docs.examples.guests import GuestAdapter
from docs.examples.history import HistoryAdapter
from docs.examples.idempotency import AskableAdapter
from docs.examples.logins import PersonalAdapter
from docs.examples.media import MediaAdapter
from docs.examples.names import NamingAdapter
from docs.examples.no_message_ids import NamelessAdapter
from docs.examples.polling import PollingAdapter
from docs.examples.sockets import SocketAdapter
from docs.examples.webhooks import WebhookAdapter
from tests.docs import fakes, guesting, remembering, signing_in

pytestmark = [pytest.mark.sqlite]


class Shown(AdapterContract):
    """The bridge dies wherever code of theirs waits; the core is the same for each."""

    crashes = 0.02


class TestWebhooks(Shown):
    adapter = WebhookAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.calling()


class TestPolling(Shown):
    adapter = PollingAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(remembering.Logged())


class TestSockets(Shown):
    adapter = SocketAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Socketed())


class TestMedia(Shown):
    adapter = MediaAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Filing())


class TestHistory(Shown):
    adapter = HistoryAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(remembering.Forgetting())


class TestNames(Shown):
    adapter = NamingAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Renaming())


class TestNoMessageIDs(Shown):
    adapter = NamelessAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Nameless())


class TestLogins(Shown):
    adapter = PersonalAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(signing_in.SigningIn())


class TestGuests(Shown):
    adapter = GuestAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(guesting.Guesting())


class TestLookup(Shown):
    adapter = AskableAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fakes.served(fakes.Askable())
