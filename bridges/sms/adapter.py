"""SMS for the core: our numbers are one login of the bridge's own, gateways carry what is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar

from bridgekit import (
    Adapter,
    ConfigError,
    Credentials,
    Finding,
    Guide,
    Host,
    Limits,
    Login,
    Manifest,
    SupportsDoctor,
    SupportsOwnLogins,
    SupportsSetup,
)
from bridges.sms import numbers
from bridges.sms.asking import AskableClient
from bridges.sms.cards import read
from bridges.sms.client import LARGEST_FILE, Office, SMSClient
from bridges.sms.config import SMSConfig
from bridges.sms.contacts import Contacts
from bridges.sms.desk import AtGateway, Desk, Notes
from bridges.sms.doctor import FIRST, examine, set_up
from bridges.sms.gateways import gateway_class
from bridges.sms.heard import Heard
from bridges.sms.joining import Joining
from bridges.sms.lines import Lines
from bridges.sms.loops import Loops
from bridges.sms.memory import Memory
from bridges.sms.provider import Hooked, Provider, Searchable, Surroundings
from bridges.sms.spending import Spending
from bridges.sms.standing import Standing
from bridges.sms.webhook import Hook, path_of


class SMSAdapter(Adapter[SMSConfig], SupportsDoctor, SupportsOwnLogins, SupportsSetup):
    """One network of text messages. Its bases are its feature list."""

    manifest = Manifest(
        name="sms",
        title="SMS",
        config=SMSConfig,
        api=1,
        limits=Limits(text=1530),
        aliases=False,
    )

    def __init__(self, config: SMSConfig, host: Host) -> None:
        super().__init__(config, host)
        # `bridgekit setup` asks before there is a configuration, too: then there is no field of it.
        named = getattr(config, "providers", {})
        self._classes = {name: gateway_class(name, settings) for name, settings in named.items()}

    def own_logins(self) -> Mapping[str, Credentials]:
        return {"numbers": {"numbers": " ".join(self.config.numbers)}}

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Gateways may call from here on, also while we do not hold a connection to them."""
        async with self._session() as http:
            # The address first, as each gateway is told its own; the routes once they are there.
            url = self._address()
            self._office = await self._furnished(self._gateways(http, url))
            if url:
                self.host.mount(route for hook in self._hooks() for route in hook.routes())
            yield

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[SMSClient | AskableClient]:
        office = self._office
        office.notes.heard.load(await self.host.cursor(login.id))
        providers = [line.provider for line in office.lines]
        askable = all(isinstance(one, Searchable) for one in providers)
        async with AsyncExitStack() as stack:
            await office.lines.open(stack)
            yield (AskableClient if askable else SMSClient)(self.host, office)

    def _session(self) -> ClientSession:
        # Half of it for the connection: one that is not made is a sure failure, unlike an answer
        # that does not come.
        patience = self.config.timeout
        timeout = ClientTimeout(total=patience, connect=patience / 2)
        return ClientSession(timeout=timeout, cookie_jar=DummyCookieJar(), trust_env=False)

    def _gateways(self, http: ClientSession, url: str) -> dict[str, Provider]:
        found = {}
        for name, settings in self.config.providers.items():
            back = f"{url}{path_of(name, settings)}"
            own, patience = map(numbers.sender, self.config.carried(name)), self.config.timeout
            around = Surroundings(http, back, time.time, self._fetch, patience, tuple(own))
            found[name] = self._classes[name](settings, around)
        return found

    def _fetch(self, url: str) -> AsyncIterator[bytes]:
        return self.host.fetch(url, limit=LARGEST_FILE)

    async def _furnished(self, gateways: Mapping[str, Provider]) -> Office:
        host, config, clock = self.host, self.config, asyncio.get_running_loop().time
        home = config.home(next(iter(config.numbers)))
        names = {} if config.contacts is None else read(config.contacts, home)
        joining = Joining(host, config.parts_wait, time.time)
        contacts = Contacts(host, names)
        await joining.load()
        await contacts.load()
        notes = Notes(
            contacts,
            Standing(host, _now),
            joining,
            Heard(clock, _now),
            Memory(),
            Spending(host, config.per_day, _now),
            Loops(config.per_minute, clock),
        )
        lines = Lines(gateways)
        return Office(config, lines, Desk(host, config, lines, notes), notes)

    def _hooks(self) -> list[Hook]:
        office = self._office

        def ear(name: str) -> AtGateway:
            return AtGateway(office.desk, office.notes.heard, name)

        return [
            Hook(line.name, line.provider, ear)
            for line in office.lines
            if isinstance(line.provider, Hooked)
        ]

    async def check(self) -> AsyncIterator[Finding]:
        """Ask each gateway whether it accepts us; nothing is sent."""
        url = ""
        with suppress(ConfigError):  # without an address, which `doctor` tells by itself
            url = self._address()
        async with self._session() as http:
            async for finding in examine(self.config, self._gateways(http, url), called=bool(url)):
                yield finding

    async def setup(self, guide: Guide) -> None:
        """Check each gateway, and say which address it is to call."""
        if not self._classes:
            await guide.show(FIRST)
            return
        async with self._session() as http:
            await set_up(guide, self.config, self._gateways(http, self._address()))

    def _address(self) -> str:
        """Where gateways call, if any of them does."""
        hooked = any(issubclass(one, Hooked) for one in self._classes.values())
        return self.host.mount([]) if hooked else ""


def _now() -> datetime:
    return datetime.now(UTC)
