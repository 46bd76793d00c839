"""IRC for the core: who signs in, under which nick, and which names are channels or people."""

import json
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from bridgekit import (
    Adapter,
    Chat,
    ChatID,
    ConfigError,
    Credentials,
    Finding,
    Host,
    Login,
    LoginID,
    Manifest,
    Person,
    RemoteUserID,
    SupportsAutomaticLogin,
    SupportsDoctor,
    SupportsNames,
    SupportsOwnLogins,
    SupportsRenaming,
    SupportsSignOut,
)
from bridges.irc.casemap import case_mapping
from bridges.irc.client import IRCClient
from bridges.irc.config import IRCConfig
from bridges.irc.connection import address_of
from bridges.irc.demand import limits, withheld
from bridges.irc.doctor import examine
from bridges.irc.handshake import Identity
from bridges.irc.holder.client import HeldIRCClient, Place, held_session
from bridges.irc.holder.held import let_go
from bridges.irc.ident import answering, cannot_listen
from bridges.irc.identities import ACCOUNT, Identities
from bridges.irc.listening import Listening
from bridges.irc.modern import ModernIRCClient, client_for
from bridges.irc.network import Network
from bridges.irc.nicks import is_channel, is_nick
from bridges.irc.session import Session, signed_in
from bridges.irc.split import LIMITS
from bridges.irc.sts import StrictTransport, UpgradeError
from bridges.irc.switches import Switches
from bridges.irc.turns import Turns


class IRCAdapter(
    Adapter[IRCConfig],
    SupportsAutomaticLogin,
    SupportsDoctor,
    SupportsNames,
    SupportsOwnLogins,
    SupportsRenaming,
    SupportsSignOut,
):
    """One IRC network. Its bases are its feature list."""

    manifest = Manifest(
        name="irc",
        title="IRC",
        config=IRCConfig,
        api=1,
        limits=LIMITS,
        login=ACCOUNT,
    )

    def __init__(self, config: IRCConfig, host: Host) -> None:
        super().__init__(config, host)
        self.idle_after = config.idle_after
        self.most = config.people.most
        patience = config.ping.interval + config.ping.timeout
        lines = {name: one.lines for name, one in config.channels.items() if one.lines is not None}
        self._network = Network(Listening(patience, bot=config.bot), lines)
        apart = {n: one.members.switch for n, one in config.channels.items() if one.members}
        self._network.switches = Switches(config.presence.switch, apart, self._network.fold)
        self._network.limits = self._limits
        self._identities = Identities(config, host)
        self._transport = self._network.transport = StrictTransport(host)
        self._turns = Turns(config.people.apart)
        self._slots = ""
        self._clients: dict[LoginID, IRCClient] = {}

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Names compare as they did before a restart, also before a server is reached."""
        if mapping := await self.host.load("case_mapping"):
            self._network.mapping = case_mapping(mapping)
        if length := await self.host.load("nick_length"):
            self._network.nick_length = int(length)
        if self.config.holder is not None and (former := await self.host.load("listeners")):
            self._network.listening.expect(json.loads(former), self.config.timeout)
        await self._transport.load()
        await self._network.load(self.host)
        self._slots = await self.host.load("slots") or ""
        if self.config.holder is not None and not self._slots:
            self._slots = secrets.token_hex(8)  # another bridge may have the same holder
            await self.host.save("slots", self._slots)
        async with AsyncExitStack() as stack:
            if self.config.ident is not None:
                await stack.enter_async_context(_identifying(self.config.ident))
            yield

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[IRCClient | ModernIRCClient]:
        """Of what is modern, as much as the server has."""
        async with self._client(login) as client:
            with self._network.connected(client):
                self._clients[login.id] = client
                try:
                    yield client
                finally:
                    del self._clients[login.id]

    @asynccontextmanager
    async def _client(self, login: Login) -> AsyncIterator[IRCClient]:
        async with AsyncExitStack() as stack:
            try:
                client = await stack.enter_async_context(self._signed_in(login))
            except UpgradeError as wanted:
                self._transport.upgrade(wanted.port)
                client = await stack.enter_async_context(self._signed_in(login))
            yield client

    @asynccontextmanager
    async def _signed_in(self, login: Login) -> AsyncIterator[IRCClient]:
        network, host = self._network, self.host
        config = self._transport.applied(self.config)
        identity = await self._identities.of(login)
        source, bot = await self._identities.source(login), login.person is None
        address = address_of(config, source, identity.username, bot=bot)
        length = network.nick_length
        async with AsyncExitStack() as stack:
            if config.holder is None:
                async with self._turns.turn():
                    signing_in = signed_in(config, address, identity, length)
                    session = await stack.enter_async_context(signing_in)
                await self._learn(session, identity, config)
                kind = client_for(IRCClient, session.abilities)
                yield kind(login, config, session, network, host)
                return
            at = Place(config.holder, self._slot(login), await host.cursor(login.id))
            resuming = held_session(config, address, at, identity, length, self._turns)
            session, end = await stack.enter_async_context(resuming)
            await self._learn(session, identity, config)
            held = client_for(HeldIRCClient, session.abilities)
            assert issubclass(held, HeldIRCClient)  # noqa: S101 (as it was made)
            yield held(login, config, session, end, network, host)

    async def sign_out(self, login: Login) -> None:
        """Have the holder let go of its connection; without one, that is gone already."""
        if self.config.holder is not None:
            await let_go(self.config.holder, self._slot(login))

    def _slot(self, login: Login) -> str:
        return f"{self._slots}:{login.id}"

    async def _learn(self, session: Session, identity: Identity, config: IRCConfig) -> None:
        await self._identities.signed_in(identity)
        session.identity, session.secure, session.port = identity, config.tls, config.address[1]
        if self._network.learn(session.features):
            await self.host.save("case_mapping", self._network.mapping.value)
            await self.host.save("nick_length", str(self._network.nick_length))
        promised, session.sts = session.sts, None
        await self._transport.promised(promised, session.port)

    def own_logins(self) -> Mapping[str, Credentials]:
        """The bot: it joins the channels, listens there, and speaks for who has no login."""
        return {"bot": self._identities.bot()} if self.config.bot else {}

    def stand_in(self, chat: ChatID) -> LoginID | None:
        """Whose connection listens in a channel that the bot may not be in."""
        return self._network.listening.of(chat)

    def automatic_login(self, person: Person) -> Credentials | None:
        return self._identities.without_account(person)

    async def rename(self, login: Login, person: Person) -> None:
        anew = self._identities.renamed(login, person)
        if anew is None:
            return
        if (client := self._clients.get(login.id)) is not None:
            await client.orders.own_nick.follow(anew, self._identities.nick(anew))
        else:
            await self.host.credentials_changed(login.id, anew)

    def comes_with(self, chat: ChatID) -> bool:
        """Whether whoever joins the room of a channel comes to it at once."""
        return self._network.switches.of(chat).people

    def brings(self, chat: ChatID) -> bool:
        """Whether those come to it who are in its room when the bridge does."""
        return self._network.switches.of(chat).there

    def chat_named(self, name: str) -> Chat | None:
        return Chat(ChatID(self._network.fold(name))) if is_channel(name) else None

    def withheld(self, chat: ChatID) -> str:
        return withheld(chat, self.config.on_demand, self._bridged, self._network.fold)

    def _limits(self) -> str:
        return limits(self.config, len(self._bridged))

    @property
    def _bridged(self) -> Collection[ChatID]:
        return {one.id for one in self.host.chats(LoginID("bot")) if is_channel(one.id)}

    def user_named(self, name: str) -> RemoteUserID | None:
        return self._network.user(name) if is_nick(name) else None

    def private_chat(self, user: RemoteUserID) -> Chat:
        return Chat(ChatID(user), private=True)

    async def check(self) -> AsyncIterator[Finding]:
        """Sign in as the bot would, and leave again."""
        bot = self._identities.written(self._identities.bot())
        linked = [chat.id for chat in self.host.chats(LoginID("bot")) if is_channel(chat.id)]
        async for finding in examine(self.config, bot, linked):
            yield finding


@asynccontextmanager
async def _identifying(listen: str) -> AsyncIterator[None]:
    """Answer to IRC servers at `listen`. Raises `ConfigError` where that cannot be."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(answering(listen))
        except OSError as error:
            raise ConfigError(f"ident: {cannot_listen(listen, error)}") from error
        yield
