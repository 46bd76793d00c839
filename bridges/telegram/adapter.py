"""Telegram for the core: one bot, which speaks for everybody, and how it is signed in."""

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import aiohttp
from telegram import Bot, User
from telegram.error import BadRequest, InvalidToken, TelegramError

from bridgekit import (
    Adapter,
    ChatID,
    ConfigError,
    Credentials,
    Finding,
    Guide,
    Host,
    Login,
    LoginError,
    LoginFlow,
    LoginID,
    Manifest,
    Rejected,
    RetryLater,
    SupportsDoctor,
    SupportsLogin,
    SupportsOwnLogins,
    SupportsSetup,
)
from bridges.telegram import mistakes, webhook
from bridges.telegram.accounts import GIVEN_UP, Accounts
from bridges.telegram.administrators import Administrators
from bridges.telegram.client import TelegramClient
from bridges.telegram.commands import COMMANDS, SEEN, Commands
from bridges.telegram.config import TelegramConfig, Transport
from bridges.telegram.doctor import Asked, examine
from bridges.telegram.inbox import KINDS, Inbox
from bridges.telegram.limits import KEPT, LIMITS
from bridges.telegram.linked import LinkedClient
from bridges.telegram.memory import Memory
from bridges.telegram.refusals import FOREIGN_WEBHOOK, LEFT_WEBHOOK, REVOKED, sentence, translated
from bridges.telegram.setting_up import set_up, with_token
from bridges.telegram.suspension import Suspensions
from bridges.telegram.webhook_checks import foreign, reachable
from bridges.telegram.wire import Wire

_PUBLIC_URL = "Set appservice.public_url, or transport: polling."


class TelegramAdapter(
    Adapter[TelegramConfig], SupportsDoctor, SupportsLogin, SupportsOwnLogins, SupportsSetup
):
    """One bot of Telegram's. Its bases are its feature list."""

    speaks = False  # who signs in has shown who they are; the bot speaks for everybody

    manifest = Manifest(
        name="telegram",
        title="Telegram",
        config=TelegramConfig,
        api=1,
        limits=LIMITS,
        reactions=1,
    )

    def __init__(self, config: TelegramConfig, host: Host) -> None:
        super().__init__(config, host)
        self._memory, self._accounts = Memory(host), Accounts(host)
        self._listed: OrderedDict[ChatID, float] = OrderedDict()
        self._inbox: Inbox | None = None
        self._bot: Bot | None = None
        self._address = self._username = ""

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """The webhook is there before any login is: what comes early waits to be stored."""
        await self._memory.load()
        secret = self.config.webhook_secret
        if self.config.transport is Transport.WEBHOOK and secret is not None:
            self._address = self.host.mount([webhook.route(secret, self._take)])
        yield

    async def _take(self, updates: Sequence[object]) -> None:
        if self._inbox is None:
            raise RetryLater("The bot is not signed in yet", after=1.0)
        await self._inbox.take(updates)

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[TelegramClient | LinkedClient]:
        if "user" in login.credentials:
            if await self._accounts.is_given_up(login.credentials):
                raise LoginError(GIVEN_UP)
            yield LinkedClient(login, lambda: self._bot)
            return
        async with self._signed_in(login) as client:
            yield client

    @asynccontextmanager
    async def _signed_in(self, login: Login) -> AsyncIterator[TelegramClient]:
        async with _session(self.config) as http:
            wire = _wire(self.config, http)
            me = await self._sign_in(wire.bot())
            self._username = me.username or ""
            commands = Commands(wire.bot(), self.host, login.id, self._username, self._accounts)
            suspensions = Suspensions(self.host, login.id)
            at = (wire.bot(), self.host, login.id, me.id)
            administrators = Administrators(*at, self._listed)
            kept = (commands, suspensions, administrators)
            own = (login.id, self.config, self.host, self._memory)
            self._inbox = Inbox(*own, wire.bot(), *kept)
            client = TelegramClient(
                *own,
                wire,
                self._inbox,
                *kept,
                self._address,
                sees_all=bool(me.can_read_all_group_messages),
            )
            client.resumes = await self._in_time(login.id)
            self._bot = wire.bot()
            try:
                yield client
            finally:
                self._bot = None

    async def _sign_in(self, bot: Bot) -> User:
        with translated():
            try:
                me = await bot.get_me()
            except InvalidToken:
                raise LoginError(REVOKED) from None
            url = (await bot.get_webhook_info()).url
            if self.config.transport is Transport.WEBHOOK:
                await self._set_webhook(bot, url)
            elif url:
                raise RetryLater(LEFT_WEBHOOK)
            with suppress(TelegramError):  # clients then offer them; they are answered anyway
                await bot.set_my_commands(COMMANDS)
            return me

    async def _set_webhook(self, bot: Bot, before: str) -> None:
        if before and foreign(before, self._address):
            raise RetryLater(FOREIGN_WEBHOOK)
        secret = self.config.webhook_secret
        try:
            await bot.set_webhook(
                self._address,
                allowed_updates=KINDS,
                secret_token=secret.get_secret_value() if secret else None,
                max_connections=1,  # so that what happens in a chat comes in order
            )
        except BadRequest as error:
            why = sentence(str(error))
            raise RetryLater(f"Telegram will not call the bridge. {why}") from None

    async def _in_time(self, login: LoginID) -> bool:
        """Whether Telegram still has all that happened while nobody listened."""
        seen = await self.host.load(SEEN)
        if seen is None:
            return await self.host.cursor(login) is None
        return time.time() - int(seen) < KEPT

    async def login(self, flow: LoginFlow) -> Credentials:
        if not self._username:
            raise Rejected("The bot is not connected to Telegram now; try again later.")
        return await self._accounts.login(flow, self._username)

    def own_logins(self) -> Mapping[str, Credentials]:
        """The bot, by its number: another token of the same bot is the same login."""
        return {"bot": {"id": str(self.config.bot)}}

    async def check(self) -> AsyncIterator[Finding]:
        """Ask Telegram as the bot would."""
        async with _session(self.config) as http:
            try:
                asked = self._asked(_wire(self.config, http).bot())
            except ConfigError as error:
                yield mistakes.WEBHOOK_URL.error(str(error), _PUBLIC_URL)
                return
            async for finding in examine(asked):
                yield finding
            if asked.address:
                async for finding in reachable(self.config, http, asked.address):
                    yield finding

    async def setup(self, guide: Guide) -> None:
        """Also before there is a configuration: then the token is asked for."""
        config = await with_token(self.config, guide)
        async with _session(config) as http:
            wire = _wire(config, http)
            try:
                asked = replace(self._asked(wire.bot()), config=config)
            except ConfigError as error:
                await guide.report(mistakes.WEBHOOK_URL.error(str(error), _PUBLIC_URL))
                return
            await set_up(asked, wire, guide)

    def _asked(self, bot: Bot) -> Asked:
        """Raises `ConfigError` where a webhook is wanted, and there is no address for one."""
        calls = self.config.transport is Transport.WEBHOOK
        address = self.host.mount([]) if calls else ""
        return Asked(self.config, bot, address, self.host.chats(LoginID("")))


def _session(config: TelegramConfig) -> aiohttp.ClientSession:
    proxy = None if config.proxy is None else config.proxy.get_secret_value()
    return aiohttp.ClientSession(proxy=proxy, cookie_jar=aiohttp.DummyCookieJar())


def _wire(config: TelegramConfig, http: aiohttp.ClientSession) -> Wire:
    return Wire(http, config.api_url, config.token, config.timeout)
