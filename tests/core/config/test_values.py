"""The configuration: what is read, and what stands where nothing is said."""

from pathlib import Path

import pytest

from bridgekit.configuration.settings import PostgreSQL, SQLiteFile, TCPAddress, UnixAddress
from bridgekit.models import Flow
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from tests.core.config.conftest import IRC, MINIMAL, IRCSettings, Loader, changed, faults_of


def test_a_minimal_configuration_has_sane_defaults(configured: Loader, tmp_path: Path) -> None:
    config = configured(MINIMAL)
    assert config.homeserver.domain == "example.org"
    assert config.appservice.id == "bridgekit"
    assert config.appservice.bot == "bridgebot"
    assert config.appservice.listen == TCPAddress("127.0.0.1", 29300)
    assert config.appservice.public_url is None
    assert config.appservice.as_token.get_secret_value() == "as-secret"
    assert config.database == SQLiteFile(tmp_path / "bridgekit.db")
    assert config.permissions["@admin:example.org"] == Rule(Level.ADMIN)
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
    monkeypatch.setattr("bridgekit.configuration.settings.find_spec", lambda _: object())
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
    monkeypatch.setattr("bridgekit.configuration.settings.find_spec", lambda _: None)
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


def test_fallbacks_and_ages_are_chosen_per_network(configured: Loader) -> None:
    chosen = """\
    fallbacks: {reaction: line, image: nothing}
    expire_after: {to_network: 0.5}
"""
    (libera,) = configured(MINIMAL + chosen).networks.values()
    assert (libera.fallbacks.reaction, libera.fallbacks.image) == ("line", "nothing")
    assert libera.fallbacks.edit == "message"
    assert (libera.expire_after.to_network, libera.expire_after.to_matrix) == (0.5, 2160)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("fallbacks: {reactions: line}", "did you mean reaction?"),
        ("fallbacks: {reaction: link}", "write 'nothing' or 'line'"),
        ("expire_after: {to_network: 0}", "networks.libera.expire_after.to_network"),
        ("expire_after: {to_network: .inf}", "networks.libera.expire_after.to_network"),
        ("expire_after: 24", "networks.libera.expire_after"),
    ],
)
def test_faults_of_fallbacks_say_what_there_is(configured: Loader, line: str, fault: str) -> None:
    (sentence,) = faults_of(configured, MINIMAL + f"    {line}\n")
    assert fault in sentence
