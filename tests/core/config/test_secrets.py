"""Secrets and the environment: where else settings come from, and what no fault shows."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, SecretStr

from bridgekit.configuration.schema import fields, is_secret, is_structure
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from tests.core.config.conftest import MINIMAL, Loader, changed, faults_of


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
    assert config.permissions == {"*": Rule(Level.USER)}


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


def test_a_secret_that_is_checked_and_may_be_left_out_is_one_too() -> None:
    class Checked(BaseModel):
        token: Annotated[SecretStr, AfterValidator(lambda value: value)] | None = None
        name: Annotated[str, AfterValidator(str.strip)] | None = None

    found = fields(Checked)
    assert is_secret(found["token"])
    assert not is_secret(found["name"])
    assert not is_structure(found["name"])
