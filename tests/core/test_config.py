"""The configuration: what is read, from where, and how everything that is wrong with it is said."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from bridgekit import Adapter, ConfigError, Login, Manifest
from bridgekit.config import Config, load
from bridgekit.models import Flow
from bridgekit.permissions import Level
from bridgekit.plugins import Broken
from bridgekit.settings import PostgreSQL, SQLiteFile, TCPAddress, UnixAddress

MINIMAL = """\
homeserver: {url: http://localhost:8008, domain: example.org}
appservice:
  url: http://localhost:29300
  as_token: as-secret
  hs_token: hs-secret
permissions: {"*": relay, "example.org": user, "@admin:example.org": admin}
networks:
  libera:
    adapter: irc
    server: irc.example.net
"""
HOMESERVER = "homeserver: {url: http://localhost:8008, domain: example.org}"
SERVER = "server: irc.example.net"


class Sasl(BaseModel):
    user: str = Field(description="the account's name")
    password: SecretStr


class IRCSettings(BaseModel):
    server: str = Field(description="the server's host name")
    port: int = Field(6697, ge=1, le=65535)
    tls: bool = True
    password: SecretStr | None = None
    sasl: Sasl | None = None
    channels: list[str] = []
    modes: dict[str, str] | None = None
    proxies: dict[str, Sasl] = {}
    keys: dict[str, SecretStr] = {}

    @field_validator("server")
    @classmethod
    def _no_spaces(cls, value: str) -> str:
        if " " in value:
            raise ValueError("must be a host name; leave out the spaces")
        return value

    @model_validator(mode="after")
    def _no_plain_password(self) -> "IRCSettings":
        if self.password and not self.tls:
            secret = self.password.get_secret_value()
            raise ValueError(f"would send {secret} in the clear; switch tls on")
        return self


class IRC(Adapter[IRCSettings]):
    manifest = Manifest("irc", "IRC", IRCSettings)

    def connect(self, login: Login) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError(login)


ADAPTERS = {"irc": IRC, "broken": Broken("broken", "a-package", "The adapter broken is broken.")}
Loader = Callable[..., Config]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Load a text as `config.yaml` of the working folder."""
    monkeypatch.chdir(tmp_path)

    def load_text(text: str, environ: Mapping[str, str] | None = None) -> Config:
        Path("config.yaml").write_text(text)
        return load(Path("config.yaml"), environ or {}, ADAPTERS)

    return load_text


def faults_of(loader: Loader, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loader(text, environ)
    return list(raised.value.faults)


def changed(old: str, new: str) -> str:
    assert old in MINIMAL
    return MINIMAL.replace(old, new)


def test_a_minimal_configuration_has_sane_defaults(configured: Loader, tmp_path: Path) -> None:
    config = configured(MINIMAL)
    assert config.homeserver.domain == "example.org"
    assert config.appservice.id == "bridgekit"
    assert config.appservice.bot == "bridgebot"
    assert config.appservice.listen == TCPAddress("127.0.0.1", 29300)
    assert config.appservice.public_url is None
    assert config.appservice.as_token.get_secret_value() == "as-secret"
    assert config.database == SQLiteFile(tmp_path / "bridgekit.db")
    assert config.permissions["@admin:example.org"] is Level.ADMIN
    assert config.namespaces.bot_mxid == "@bridgebot:example.org"
    (libera,) = config.networks.values()
    assert (libera.name, libera.adapter, libera.links) == ("libera", IRC, ())
    assert libera.adapter_config == IRCSettings(server="irc.example.net")


def test_links_say_chat_room_and_direction(configured: Loader) -> None:
    links = """\
    links:
      - {chat: "#python"}
      - {chat: -100123, room: "#ops:example.org", direction: to_matrix}
      - {chat: "#v12", room: "!aV12RoomHasNoDomain"}
"""
    (libera,) = configured(MINIMAL + links).networks.values()
    assert [link.chat for link in libera.links] == ["#python", "-100123", "#v12"]
    assert libera.links[1].room == "#ops:example.org"
    assert [link.direction for link in libera.links] == [
        Flow.BOTH,
        Flow.TO_MATRIX,
        Flow.BOTH,
    ]


def test_a_network_is_served_by_the_adapter_of_its_name_and_may_hold_nothing(
    configured: Loader,
) -> None:
    text = changed("  libera:\n    adapter: irc\n    server: irc.example.net\n", "  irc:\n")
    faults = faults_of(configured, text)
    assert faults == [
        "config.yaml:8:3 networks.irc.server: is missing; add it: the server's host name"
    ]


def test_a_configuration_without_networks_can_be_loaded(configured: Loader) -> None:
    assert configured(MINIMAL.partition("networks:")[0]).networks == {}


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("0.0.0.0:1", TCPAddress("0.0.0.0", 1)),
        ('"[::1]:29300"', TCPAddress("::1", 29300)),
        ("unix:/run/bridge.sock", UnixAddress(Path("/run/bridge.sock"))),
    ],
)
def test_the_bridge_listens_on_a_port_or_a_socket(
    configured: Loader, listen: str, address: object
) -> None:
    config = configured(changed("  as_token", f"  listen: {listen}\n  as_token"))
    assert config.appservice.listen == address


def test_an_address_loses_its_last_slash(configured: Loader) -> None:
    config = configured(changed("localhost:29300", "localhost:29300/"))
    assert config.appservice.url == "http://localhost:29300"


def test_the_database_is_a_file_beside_the_configuration_or_postgresql(
    configured: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridgekit.settings.find_spec", lambda _: object())
    assert configured(MINIMAL + "database: sqlite:////var/x.db").database == SQLiteFile(
        Path("/var/x.db")
    )
    assert configured(MINIMAL + "database: sqlite:///a/x.db").database == SQLiteFile(
        tmp_path / "a/x.db"
    )
    found = configured(MINIMAL + "database: postgresql://me:pw@host/bridge").database
    assert isinstance(found, PostgreSQL)
    assert found.url.get_secret_value() == "postgresql://me:pw@host/bridge"


def test_postgresql_without_its_driver_says_what_to_install(
    configured: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridgekit.settings.find_spec", lambda _: None)
    (fault,) = faults_of(configured, MINIMAL + "database: postgresql://me:pw@host/bridge")
    assert fault.endswith("database: needs a driver; pip install 'matrix-bridgekit[postgres]'")


def test_the_signing_key_is_the_secret_or_follows_from_the_token(configured: Loader) -> None:
    derived = configured(MINIMAL).appservice.signing_key
    assert derived == configured(MINIMAL).appservice.signing_key
    assert b"as-secret" not in derived
    assert configured(changed("as-secret", "other")).appservice.signing_key != derived
    own = configured(changed("  as_token", "  secret: mine\n  as_token"))
    assert own.appservice.signing_key == b"mine"


def test_yaml_1_2_reads_on_as_text_and_0755_as_a_number(configured: Loader) -> None:
    (libera,) = configured(MINIMAL + "    port: 0755\n    tls: off\n").networks.values()
    assert (libera.adapter_config.port, libera.adapter_config.tls) == (755, False)


# Faults.


def test_a_configuration_with_ten_faults_lists_ten(configured: Loader) -> None:
    text = """\
homeserver: {url: localhost, domain: http://example.org}
appservice:
  url: http://localhost:29300
  lissten: 127.0.0.1:29300
  as_token: …
  hs_token: 12345
permissions: {"example.org": usr}
networks:
  libera:
    adapter: irc
    server: irc.example.net
    port: ninety
    paswword: hunter2
    links: [{chat: "#a", direction: sideways}]
  Sms_: {adapter: irc, server: x}
"""
    assert faults_of(configured, text) == [
        "config.yaml:1:19 homeserver.url: is no web address; write it like http://localhost:8008",
        (
            "config.yaml:1:38 homeserver.domain: must be the name after the colon in its users' "
            "IDs; leave out http://"
        ),
        "config.yaml:4:3 appservice.lissten: is no known key; did you mean listen?",
        (
            "config.yaml:5:13 appservice.as_token: still holds the placeholder; put the real value "
            "there"
        ),
        (
            "config.yaml:6:13 appservice.hs_token: is read as a number or a yes/no, not as text; "
            "put it in quotes"
        ),
        (
            'config.yaml:7:30 permissions["example.org"]: is none of the possible values; write '
            "'block', 'relay', 'user' or 'admin'"
        ),
        "config.yaml:12:11 networks.libera.port: must be a whole number; write digits only",
        "config.yaml:13:5 networks.libera.paswword: is no known key; did you mean password?",
        (
            "config.yaml:14:37 networks.libera.links[0].direction: is none of the possible values; "
            "write 'both', 'to_matrix' or 'to_network'"
        ),
        (
            "config.yaml:15:3 networks.Sms_: is no name for a network; use a-z, 0-9 and -, no "
            "capitals, no _"
        ),
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("url: http://localhost:8008", "url: http://u:pw@h", "1:19 homeserver.url: has more than"),
        ("url: http://localhost:8008", "url: http://h:99999", "homeserver.url: has a port that is"),
        ("url: http://localhost:8008", "url: http://h/_matrix", "leave out /_matrix"),
        ("domain: example.org", 'domain: "@me:x"', "homeserver.domain: is no server name"),
        (
            ", domain: example.org",
            "",
            "1:1 homeserver.domain: is missing; add it: the homeserver's",
        ),
        (HOMESERVER, "", "homeserver: is miss"),
        (HOMESERVER, "homeserver:", "is empty"),
        (HOMESERVER, "homeserver: x", "must hold"),
        ("as_token: as-secret", 'as_token: ""', "appservice.as_token: is empty"),
        ("as_token: as-secret", 'as_token: "a b"', "appservice.as_token: must be ASCII without"),
        ("as_token: as-secret", "as_token: CHANGE ME", "still holds the placeholder"),
        ("as_token: as-secret", "as_token: generate", "still holds the placeholder"),
        ("as_token: as-secret", "as_token: hs-secret", "5:13 appservice.hs_token: is the same as"),
        ("as_token: as-secret", "as_token: [a]", "must be a single text"),
        ("hs_token: hs-secret", "bot: '@b:example.org'\n  hs_token: x", "write bridgebot, not"),
        ("hs_token: hs-secret", "bot: Bot\n  hs_token: x", "a user ID cannot have"),
        (
            "hs_token: hs-secret",
            "bot: libera_bot\n  hs_token: x",
            "is in the namespace of the netw",
        ),
        ("hs_token: hs-secret", "id: a|b\n  hs_token: x", "appservice.id: has characters"),
        ("hs_token: hs-secret", "listen: 29300\n  hs_token: x", "is no address to listen on"),
        ("hs_token: hs-secret", "listen: 'h:0'\n  hs_token: x", "is no address to listen on"),
        ("hs_token: hs-secret", "public_url: x\n  hs_token: x", "public_url: is no web address"),
        ("permissions:", "database: mysql://x\npermissions:", "6:11 database: is no database"),
        ("permissions:", "database: 'sqlite:///:memory:'\npermissions:", "is no database"),
        ('"*": relay', '"@x*": relay', 'permissions["@x*"]: covers nobody'),
        ('{"*": relay, "example.org": user, "@admin:example.org": admin}', "{}", "too few entries"),
        (
            "adapter: irc",
            "adapter: ircc",
            "9:14 networks.libera.adapter: is not installed (install",
        ),
        ("adapter: irc", "adapter: ircc", "did you mean irc?"),
        ("    adapter: irc\n", "", "8:3 networks.libera: is the name of no installed adapter"),
        ("adapter: irc", "adapter: broken", "cannot be used: The adapter broken is broken."),
        ("adapter: irc", "adapter: 5", "networks.libera.adapter: is read as a number"),
        ("libera:", "Libera_2:", "networks.Libera_2: is no name for a network"),
        ("libera:", "12:", "networks.12: is a key that is no text; put it in quotes"),
        ("libera:", f"{'x' * 250}:", "is too long for this domain"),
        (SERVER, "server: a b", "must be a host name; leave out the spaces"),
        (SERVER, "server: x\n    port: 0", "port: is too small; write 1 or more"),
        (SERVER, "server: x\n    port: 1.5", "must be a whole number"),
        (SERVER, "server: x\n    tls: perhaps", "must be true or false"),
        (SERVER, "server: x\n    channels: a", "channels: must be a list"),
        (SERVER, "server: x\n    modes: a", "modes: must hold `key: value` lines"),
        (SERVER, "server: x\n    sasl: {usr: a}", "sasl.usr: is no known key; did"),
        (SERVER, "server: x\n    sasl: {}", "sasl.user: is missing; add it: the acc"),
        (SERVER, "server: x\n    proxies: {a: {usr: b}}", "proxies.a.usr: is no kn"),
        (SERVER, "server: x\n    links: x", "links: must be a list"),
        (SERVER, "server: x\n    links: [x]", "links[0]: must hold `key: value`"),
        (SERVER, "server: x\n    links: [{chat: }]", "links[0].chat: is empty; add"),
        (SERVER, "server: x\n    links: [{chat: a, room: b}]", "room: is no room"),
        (SERVER, "server: x\n    links: [{chat: a}, {chat: a}]", "by links[0] alr"),
        (SERVER, "server: x\n    server: y", "server: stands in lines 10 and 11"),
        ("networks:", "networks: x\nnetwork:", "networks: must hold `key: value` lines"),
    ],
)
def test_a_fault_says_where_it_is_what_is_wrong_and_what_to_do(
    configured: Loader, old: str, new: str, sentence: str
) -> None:
    faults = faults_of(configured, changed(old, new))
    assert any(sentence in fault for fault in faults), faults
    assert all("; " in fault or fault.endswith("broken.") for fault in faults)


def test_a_registration_given_as_configuration_is_recognised(configured: Loader) -> None:
    (fault,) = faults_of(configured, "id: x\nsender_localpart: bot")
    assert "this is a registration" in fault
    assert "; give the bridge's own configuration" in fault


# Secrets and the environment.


def test_a_secret_may_come_from_a_file_beside_the_configuration(
    configured: Loader, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    text = changed("as_token: as-secret", "as_token_file: token")
    assert configured(text).appservice.as_token.get_secret_value() == "from-file"
    nested = configured(MINIMAL + "    sasl: {user: me, password_file: token}\n")
    sasl = nested.networks["libera"].adapter_config.sasl
    assert sasl.password.get_secret_value() == "from-file"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist; create it"),
        (b"", "must hold one line"),
        (b"a\nb\n", "must hold one line"),
        (b"\xff", "holds no text"),
    ],
)
def test_a_secret_file_that_gives_no_secret_is_one_fault(
    configured: Loader, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    (fault,) = faults_of(configured, changed("as_token: as-secret", "as_token_file: token"))
    assert fault.startswith("config.yaml:4:18 appservice.as_token_file: names ")
    assert words in fault


def test_a_secret_in_two_places_is_a_fault(configured: Loader) -> None:
    text = changed("  as_token: as-secret", "  as_token: as-secret\n  as_token_file: token")
    (fault,) = faults_of(configured, text)
    assert "is there as well as as_token; keep one of the two" in fault


def test_only_secrets_have_files(configured: Loader) -> None:
    (fault,) = faults_of(configured, MINIMAL + "    port_file: x\n")
    assert "port_file: is no known key; did you mean" in fault


def test_the_environment_overrides_the_file(configured: Loader, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-file")
    config = configured(
        MINIMAL,
        {
            "BRIDGEKIT_APPSERVICE__AS_TOKEN": "from-env",
            "BRIDGEKIT_APPSERVICE__HS_TOKEN_FILE": "secret",
            "BRIDGEKIT_NETWORKS__LIBERA__PASSWORD": "[no yaml",
            "BRIDGEKIT_NETWORKS__LIBERA__PORT": "6667",
            "BRIDGEKIT_NETWORKS__LIBERA__CHANNELS": '["#a"]',
            "BRIDGEKIT_NETWORKS__LIBERA__LINKS": '[{chat: "#b"}]',
            "BRIDGEKIT_NETWORKS__OFTC_NET__ADAPTER": "irc",
            "BRIDGEKIT_NETWORKS__OFTC_NET__SERVER": "irc.oftc.net",
            "BRIDGEKIT_PERMISSIONS": '{"*": user}',
            "BRIDGEKIT_REGENERATE": "1",  # not a setting: there is no such section
            "HOME": "/root",
        },
    )
    libera = config.networks["libera"]
    assert config.appservice.as_token.get_secret_value() == "from-env"
    assert config.appservice.hs_token.get_secret_value() == "from-file"
    assert libera.adapter_config.password.get_secret_value() == "[no yaml"
    assert libera.adapter_config.port == 6667
    assert libera.adapter_config.channels == ["#a"]
    assert libera.links[0].chat == "#b"
    assert config.networks["oftc-net"].adapter_config.server == "irc.oftc.net"
    assert config.permissions == {"*": Level.USER}


def test_a_fault_in_the_environment_names_the_variable(configured: Loader) -> None:
    faults = faults_of(
        configured,
        MINIMAL,
        {
            "BRIDGEKIT_NETWORKS__LIBERA__PORT": "ninety",
            "BRIDGEKIT_NETWORKS__LIBERA__CHANNELS": "[a",
            "BRIDGEKIT_NETWORKS__LIBERA__SERVER__X": "1",
            "BRIDGEKIT_APSERVICE__URL": "x",
            "BRIDGEKIT_APPSERVICE__HS_TOKEN_FILE": "nothing",
        },
    )
    text = "\n".join(faults)
    assert len(faults) == 5
    assert "BRIDGEKIT_NETWORKS__LIBERA__PORT networks.libera.port: must be a whole" in text
    assert "BRIDGEKIT_NETWORKS__LIBERA__CHANNELS networks.libera.channels: is not valid" in text
    assert "BRIDGEKIT_NETWORKS__LIBERA__SERVER__X networks.libera.server: holds no keys" in text
    assert "BRIDGEKIT_APSERVICE__URL: sets nothing, as there is no apservice; did you" in text
    assert "BRIDGEKIT_APPSERVICE__HS_TOKEN_FILE appservice.hs_token_file: names " in text


def test_no_fault_and_no_repr_shows_a_secret(configured: Loader) -> None:
    hidden = "hunter2-hunter2"
    text = changed("as-secret", f'"{hidden} {hidden}"').replace("hs-secret", f"{hidden}é")
    text += f"    keys: {{a: {hidden}}}\n    password: {hidden}\n    tls: false\n"
    text += f"    sasl: {{user: [x], password: {hidden}}}\n"
    faults = faults_of(configured, text + f"database: postgres//x:{hidden}@h/db\n")
    faults += faults_of(configured, MINIMAL + f"    password: {hidden}\n    tls: false\n")
    starts = ("*{}", "!{} x", "@{}", "'{}", "{0}: {0}: x")
    for broken in (start.format(hidden) for start in starts):
        faults += faults_of(configured, MINIMAL + f"    password: {broken}\n")
    assert hidden not in "\n".join(faults)
    assert any("would send … in the clear" in fault for fault in faults)
    assert hidden not in repr(configured(MINIMAL + f"    password: {hidden}\n"))
