"""`bridgekit init` and `bridgekit registration`: new files, never over old ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bridgekit.configuration.config import Config, load
from bridgekit.configuration.plugins import adapters
from bridgekit.configuration.settings import TCPAddress
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from bridgekit.registration.belonging import compare
from bridgekit.registration.oracle import Oracle
from bridgekit.registration.reading import Registered, read
from tests.core.cli.conftest import Run

OPTIONS = ("--yes", "--domain", "example.org", "--network", "tower=pager")
HOST = ("--set", "networks.tower.host=high")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def loaded(path: str = "config.yaml") -> Config:
    return load(Path(path), {}, adapters())


def test_the_written_config_loads_and_the_registration_belongs_to_it(bridgekit: Run) -> None:
    result = bridgekit("init", *OPTIONS, *HOST, "--admin", "@you:example.org")
    assert result.exit_code == 0
    config = loaded()
    file = read(Path("registration.yaml"))
    assert isinstance(file, Registered)
    with Oracle() as oracle:
        assert compare(config, file, oracle) == []
    assert config.homeserver.url == "http://localhost:8008"
    assert config.appservice.listen == TCPAddress("127.0.0.1", 29300)
    assert dict(config.permissions) == {
        "@you:example.org": Rule(Level.ADMIN),
        "example.org": Rule(Level.USER),
        "*": Rule(Level.RELAY),
    }
    assert config.networks["tower"].adapter_config.host == "high"  # type: ignore[index]


def test_the_line_for_encrypted_rooms_is_right_as_it_stands(bridgekit: Run) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    path = Path("config.yaml")
    text = path.read_text()
    assert "switch\n# `encryption` on" in text
    path.write_text(text.replace("# encryption: {mode", "encryption: {mode"))
    config = loaded()
    assert config.encryption.mode == "allow"
    # What `init` says is to be kept is what seals.
    assert config.appservice.secret is not None
    (key,) = config.appservice.sealing_keys
    assert key == config.appservice.secret.get_secret_value().encode()


def test_it_says_what_comes_next(bridgekit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bridgekit", "init"])
    result = bridgekit("init", *OPTIONS, *HOST, "-c", "other.yaml")
    assert "Wrote other.yaml and registration.yaml, which only you can read." in result.stdout
    assert "app_service_config_files" in result.stdout
    assert "bridgekit doctor -c other.yaml" in result.stdout
    assert "bridgekit run -c other.yaml" in result.stdout


def test_the_files_are_for_nobody_else_and_nothing_else_is_left(bridgekit: Run) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    modes = {path.name: path.stat().st_mode & 0o777 for path in Path().iterdir()}
    assert modes == {"config.yaml": 0o600, "registration.yaml": 0o600}


def test_every_token_is_random(bridgekit: Run) -> None:
    for name in ("a", "b"):
        bridgekit(
            "init", *OPTIONS, *HOST, "-c", f"{name}.yaml", "--registration", f"{name}-reg.yaml"
        )
    tokens = [
        YAML(typ="safe").load(Path(f"{name}.yaml"))["appservice"][key]
        for name in ("a", "b")
        for key in ("as_token", "hs_token", "secret")
    ]
    assert len(set(tokens)) == 6
    assert all(len(token) == 64 for token in tokens)


@pytest.mark.parametrize("there", ["config.yaml", "registration.yaml"])
def test_it_never_overwrites(bridgekit: Run, there: str) -> None:
    Path(there).write_text("mine")
    result = bridgekit("init", *OPTIONS, *HOST)
    assert result.exit_code == 2
    assert f"{there} exists already and is never overwritten; move it away" in result.stderr
    assert [path.read_text() for path in Path().iterdir()] == ["mine"]


def test_a_dangling_link_is_not_written_through(bridgekit: Run, tmp_path: Path) -> None:
    Path("config.yaml").symlink_to(tmp_path / "elsewhere")
    assert bridgekit("init", *OPTIONS, *HOST).exit_code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_does_not_exist_is_said(bridgekit: Run) -> None:
    result = bridgekit("init", *OPTIONS, *HOST, "-c", "none/config.yaml")
    assert result.exit_code == 2
    assert "none/config.yaml cannot be written: the folder none does not exist" in result.stderr


def test_comments_stay_where_they_belong(bridgekit: Run) -> None:
    bridgekit("init", *OPTIONS, *HOST)
    lines = Path("config.yaml").read_text().splitlines()
    assert lines[0].startswith("# The configuration of matrix-bridgekit.")
    assert lines[lines.index("networks:") - 1].endswith("with `shared: true` in each.)")
    assert all(len(line) <= 100 for line in lines)


def test_settings_reach_any_place_and_keep_their_kind(bridgekit: Run) -> None:
    settings = {
        "appservice.bot": "towerbot",
        "database": "sqlite:///other.db",
        "permissions.@bob:example.org": "block",
        "networks.tower.token": "'12'",
        "networks.tower.links": '[{chat: "#a: b"}]',
    }
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    assert bridgekit("init", *OPTIONS, *HOST, *words).exit_code == 0
    config = loaded()
    tower = config.networks["tower"]  # type: ignore[index]
    assert config.appservice.bot == "towerbot"
    assert config.permissions["@bob:example.org"] == Rule(Level.BLOCK)
    assert tower.adapter_config.token.get_secret_value() == "12"
    assert [link.chat for link in tower.links] == ["#a: b"]


@pytest.mark.parametrize(
    ("url", "listen"),
    [
        ("http://localhost:1234", TCPAddress("127.0.0.1", 1234)),
        ("http://bridge:1234", TCPAddress("0.0.0.0", 1234)),
        ("http://bridge", TCPAddress("0.0.0.0", 29300)),
        ("https://bridge.example.org", TCPAddress("127.0.0.1", 29300)),
    ],
)
def test_it_listens_where_its_url_leads(bridgekit: Run, url: str, listen: TCPAddress) -> None:
    bridgekit("init", *OPTIONS, *HOST, "--url", url)
    assert loaded().appservice.listen == listen


def test_every_wrong_answer_is_said_at_once_and_nothing_is_written(bridgekit: Run) -> None:
    result = bridgekit(
        *("init", "--yes", "--domain", "http://example.org"),
        *("--homeserver", "localhost", "--network", "tower=pager", "--network", "x=pagr"),
    )
    assert result.exit_code == 2
    assert "homeserver.url: is no web address" in result.stderr
    assert "homeserver.domain: must be the name after the colon" in result.stderr
    assert "networks.tower.host: is missing; add it: the name of the tower" in result.stderr
    assert "did you mean pager?" in result.stderr
    assert "Nothing was written; say it with an option, or with --set" in result.stderr
    assert ".yaml:" not in result.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "--domain is missing; there is no terminal to ask."),
        (["--domain", "example.org"], "Name a network to bridge"),
        ([*OPTIONS, "--set", "nonsense"], "--set nonsense: write it as KEY=VALUE."),
        ([*OPTIONS, "--set", "database.x.y=1"], "--set database.x.y: database holds no keys."),
        ([*OPTIONS, "--set", "networks.tower.host=[a"], "is not valid YAML; quote it."),
    ],
)
def test_what_is_missing_or_malformed_is_said(
    bridgekit: Run, words: list[str], sentence: str
) -> None:
    result = bridgekit("init", *words)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_an_admin_is_a_full_user_id(bridgekit: Run) -> None:
    result = bridgekit("init", *OPTIONS, *HOST, "--admin", "you")
    assert result.exit_code == 2
    assert "--admin: you is no full user ID" in result.stderr


def test_what_comes_next_is_typed_as_this_was(
    bridgekit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/bridgekit", "init"])
    assert "  2. .venv/bin/bridgekit doctor\n" in bridgekit("init", *OPTIONS, *HOST).stdout


def test_the_version(bridgekit: Run) -> None:
    assert bridgekit("--version").stdout.startswith("bridgekit 0.")
