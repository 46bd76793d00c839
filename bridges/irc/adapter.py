"""IRC for the core: who signs in, under which nick, and which names are channels or people."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bridgekit import (
    Adapter,
    Chat,
    ChatID,
    Credentials,
    Finding,
    Host,
    Limits,
    Login,
    Manifest,
    Person,
    RemoteUserID,
    SupportsAutomaticLogin,
    SupportsDoctor,
    SupportsNames,
    SupportsOwnLogins,
    Unit,
)
from bridges.irc.casemap import case_mapping
from bridges.irc.client import IRCClient
from bridges.irc.config import IRCConfig
from bridges.irc.doctor import examine
from bridges.irc.handshake import Identity
from bridges.irc.network import Network
from bridges.irc.nicks import is_channel, is_nick, nick_for, user_for
from bridges.irc.session import signed_in
from bridges.irc.wire import printable

_REALNAME = 48  # characters; servers cut at about this


class IRCAdapter(
    Adapter[IRCConfig], SupportsAutomaticLogin, SupportsDoctor, SupportsNames, SupportsOwnLogins
):
    """One IRC network. Its bases are its feature list."""

    manifest = Manifest(
        name="irc",
        title="IRC",
        config=IRCConfig,
        limits=Limits(text=400, unit=Unit.BYTES),  # roughly: `split` knows the bytes
    )

    def __init__(self, config: IRCConfig, host: Host) -> None:
        super().__init__(config, host)
        self.idle_after = config.idle_after
        self._network = Network()

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Names compare as they did before a restart, also before a server is reached."""
        if mapping := await self.host.load("case_mapping"):
            self._network.mapping = case_mapping(mapping)
        if length := await self.host.load("nick_length"):
            self._network.nick_length = int(length)
        yield

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[IRCClient]:
        identity = self._identity(login.credentials)
        length = self._network.nick_length
        async with signed_in(self.config, identity, length) as session:
            if self._network.learn(session.features):
                await self.host.save("case_mapping", self._network.mapping.value)
                await self.host.save("nick_length", str(self._network.nick_length))
            client = IRCClient(login, self.config, session, self._network, self.host)
            with self._network.connected(client):
                yield client

    def _identity(self, credentials: Credentials) -> Identity:
        password = self.config.password
        account = credentials.get("sasl_username")
        return Identity(
            nick=credentials["nick"],
            username=credentials["username"],
            realname=credentials["realname"],
            password=password.get_secret_value() if password else "",
            sasl=(account, credentials["sasl_password"]) if account else None,
        )

    def own_logins(self) -> Mapping[str, Credentials]:
        """The bot: it joins the channels, listens there, and speaks for who has no login."""
        config = self.config
        bot = {"nick": config.nick, "username": config.username, "realname": config.realname}
        if config.sasl:
            bot["sasl_username"] = config.sasl.username
            bot["sasl_password"] = config.sasl.password.get_secret_value()
        return {"bot": bot}

    def automatic_login(self, person: Person) -> Credentials | None:
        nick = nick_for(person.name, person.localpart, self.config.puppet_nick)
        if nick is None:
            return None
        realname = printable(person.name)[:_REALNAME] or nick
        return {"nick": nick, "username": user_for(person.localpart), "realname": realname}

    def chat_named(self, name: str) -> Chat | None:
        return Chat(ChatID(self._network.fold(name))) if is_channel(name) else None

    def user_named(self, name: str) -> RemoteUserID | None:
        return self._network.user(name) if is_nick(name) else None

    def private_chat(self, user: RemoteUserID) -> Chat:
        return Chat(ChatID(user), private=True)

    async def check(self) -> AsyncIterator[Finding]:
        """Sign in as the bot would, and leave again."""
        bot = self._identity(self.own_logins()["bot"])
        async for finding in examine(self.config, bot):
            yield finding
