"""As whom each login signs in: the bot, and people with and without an account there."""

from dataclasses import replace

from bridgekit import Credentials, Field, Host, Login, Person, RetryLater, Scope
from bridges.irc.addresses import addresses_for
from bridges.irc.config import IRCConfig
from bridges.irc.handshake import Identity
from bridges.irc.nicks import nick_for, user_for, users
from bridges.irc.owned import Owned
from bridges.irc.sasl import Account, Mechanism
from bridges.irc.wire import printable

_REALNAME = 48  # characters; servers cut at about this
_MOST = 10_000  # user names that are alike
_SASL = "sasl"
_NICK = r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,63}"

ACCOUNT = (
    Field("account", "The name of your account on this network", pattern=r"[^\s:]\S{0,63}"),
    Field("secret", "Its password", secret=True, pattern=r"[^\r\n\0]{1,400}"),
    Field("nick", "The nick that you want, if it is another", pattern=_NICK, optional=True),
    Field(
        "mechanism",
        "How the network checks it: nickserv is for those without SASL",
        choices=(Mechanism.AUTO.value, Mechanism.NICKSERV.value),
        optional=True,
    ),
)
"""What people are asked who sign in to an account of their own."""


def nick_in(credentials: Credentials, template: str) -> str:
    """The nick that a login asks for: one that was chosen, else made of a name or an account."""
    if chosen := credentials.get("nick"):
        return chosen
    if name := credentials.get("name"):
        made = nick_for(name, credentials.get("localpart", ""), template)
    else:
        made = nick_for(credentials.get("account", ""), "matrix")
    return made or "matrix"


def chosen(credentials: Credentials) -> bool:
    """Whether no name changes their nick: what has none of these two was made of a name."""
    return "account" in credentials or {"nick", "name"} <= credentials.keys()


def with_nick(credentials: Credentials, nick: str) -> dict[str, str]:
    """With a nick that is their person's for good."""
    if "account" in credentials:
        return {**credentials, "nick": nick}
    name = credentials.get("name") or credentials.get("realname", "")
    return {**credentials, "nick": nick, "name": name}


class Identities:
    """Of one network."""

    def __init__(self, config: IRCConfig, host: Host) -> None:
        self._config, self._host = config, host
        self._idents = Owned(host, "ident")
        self._addresses = Owned(host, f"address in {config.people.addresses}")

    def bot(self) -> Credentials:
        config = self._config
        bot = {"nick": config.nick, "username": config.username, "realname": config.realname}
        if config.sasl:
            password = config.sasl.password
            bot["account"] = config.sasl.username
            bot["secret"] = "" if password is None else password.get_secret_value()
            bot["mechanism"] = config.sasl.mechanism
        return bot

    def without_account(self, person: Person) -> Credentials | None:
        """None where nothing of their name would do as a nick."""
        nick = nick_for(person.name, person.localpart, self._config.puppet_nick)
        if nick is None:
            return None
        return {
            "name": person.name,
            "localpart": person.localpart,
            "username": user_for(person.localpart),
            "realname": printable(person.name)[:_REALNAME] or nick,
        }

    def renamed(self, login: Login, person: Person) -> Credentials | None:
        """What to sign in with now that the person is called so; None: as before.

        Who has chosen a nick, or has an account, keeps what they have.
        """
        before = self._with_name(login.credentials, person.localpart)
        made = self.without_account(person)
        if not self._config.people.follow or made is None:
            return None
        anew = {**before, **made}
        if "nick" in before or "name" not in before or anew == login.credentials:
            return None
        return anew

    def _with_name(self, credentials: Credentials, localpart: str) -> dict[str, str]:
        """Those that were made before names were kept have a nick: nobody chose it if it is what
        would have been made of their name, which is their real name there.
        """
        before = dict(credentials)
        name = before.get("realname", "")
        made = nick_for(name, localpart, self._config.puppet_nick)
        if "name" not in before and "account" not in before and before.get("nick") == made:
            del before["nick"]
            before["name"] = name
        return before

    def nick(self, credentials: Credentials) -> str:
        """The nick that these ask for."""
        return nick_in(credentials, self._config.puppet_nick)

    async def of(self, login: Login) -> Identity:
        identity = self.written(login.credentials)
        before = bool(await self._host.load(_SASL))
        if login.person is None:
            return replace(identity, listens=True, modes=self._config.modes, sasl_before=before)
        username = await self._idents.of(login.id, users(identity.username, _MOST))
        if username is None:
            why = f"There is no user name like {identity.username} left on IRC."
            raise RetryLater(why, scope=Scope.LOGIN)
        gateway = await self._webirc(login)
        person = self.written({**login.credentials, "username": username}, gateway)
        modes, listens = self._config.people.modes, not self._config.bot
        return replace(person, listens=listens, modes=modes, sasl_before=before)

    async def signed_in(self, identity: Identity) -> None:
        """The server took it: that it had SASL is remembered."""
        if identity.by_sasl and not identity.sasl_before:
            await self._host.save(_SASL, "offered")

    def written(self, credentials: Credentials, webirc: tuple[str, ...] = ()) -> Identity:
        """As the credentials alone have it. Who signed in was asked for an account, and no more."""
        password = self._config.password
        name = credentials.get("account")
        nick = self.nick(credentials)
        mechanism = Mechanism(credentials.get("mechanism", Mechanism.AUTO))
        return Identity(
            nick=nick,
            username=credentials.get("username") or user_for(name or ""),
            realname=credentials.get("realname") or nick,
            password=password.get_secret_value() if password else "",
            account=Account(name, credentials.get("secret", ""), mechanism) if name else None,
            webirc=webirc,
        )

    async def source(self, login: Login) -> str | None:
        """The address that a login connects from; None where that is the machine's own."""
        people = self._config.people
        if login.person is None or people.webirc is not None:
            return None
        return await self._address(login)

    async def _address(self, login: Login) -> str | None:
        network = self._config.people.addresses
        if network is None:
            return None
        return await self._addresses.of(login.id, addresses_for(login.id, network))

    async def _webirc(self, login: Login) -> tuple[str, ...]:
        """https://ircv3.net/specs/extensions/webirc: password, gateway, host name, address."""
        people = self._config.people
        address = None if people.webirc is None else await self._address(login)
        if people.webirc is None or address is None:
            return ()
        secure = ("secure",) if self._config.tls else ()
        password = people.webirc.password.get_secret_value()
        return (password, people.webirc.gateway, address, address, *secure)
