"""`bridgekit init` asks, looks at once, reads files, and writes what else is wanted."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from aiohttp import web
from ruamel.yaml import YAML

from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.servers import free_port
from tests.core.cli.conftest import Run
from tests.core.cli.instead import started_server
from tests.core.cli.test_init import HOST, OPTIONS, loaded


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def _at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridgekit.cli.init.command.at_a_terminal", lambda: True)


NEEDED = {
    "irc": ["irc.libera.chat"],
    "slack": ["xapp-1-A-2-abcdefabcdef", "xoxb-1-2-abcdefabcdef"],
    "telegram": ["123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"],
    "sms": ["twilio", "+15550001111"],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question that is put, each time that it is."""
    asked: list[str] = []
    real = typer.prompt

    def prompt(text: str, *more: Any, **how: Any) -> Any:
        asked.append(text)
        return real(text, *more, **how)

    monkeypatch.setattr(typer, "prompt", prompt)
    return asked


@pytest.mark.usefixtures("_at_a_terminal")
def test_it_asks_six_questions_at_most(bridgekit: Run) -> None:
    answers = ["", "@me:example.org", "http://bridge:29301", "tower=pager", "high"]
    result = bridgekit("init", typed="\n".join([*answers, ""]))
    assert result.exit_code == 0, result.output
    assert "Installed adapters:" in result.stdout
    assert "host of tower (the name of the tower)" in result.stdout
    config = loaded()
    assert "So the homeserver's server_name is example.org." in result.stdout
    assert config.homeserver.domain == "example.org"
    assert config.homeserver.url == "http://localhost:8008"
    assert config.appservice.url == "http://bridge:29301"
    assert config.permissions["@me:example.org"] == Rule(Level.ADMIN)
    assert config.networks["tower"].adapter_config.host == "high"  # type: ignore[index]


@pytest.mark.usefixtures("_at_a_terminal")
def test_a_wrong_answer_is_asked_again_with_the_reason(bridgekit: Run) -> None:
    answers = {
        "localhost": "url: is no web address",
        "http://hs:8008": "",
        "": "An answer is needed: there is no default.",
        "you": "you is no full user ID; write it like @you:example.org.",
        "@you:http://example.org": "http://example.org is no full user ID",
        "@you:example.org": "",
        "ftp://bridge": "url: is no web address",
        "http://bridge:29301": "",
        "The=pager": "The is no name for a network",
        "tower=pagr": "pagr cannot be used; installed are:",
        "tower=pager": "",
        "high": "",
    }
    result = bridgekit("init", typed="\n".join([*answers, ""]))
    assert result.exit_code == 0, result.output
    for why in answers.values():
        assert why in result.output
    assert "--set" not in result.output


@pytest.mark.usefixtures("_at_a_terminal", "looking")
async def test_the_homeserver_is_looked_at_at_once(
    bridgekit: Run, homeserver: FakeHomeserver
) -> None:
    async with started_server(web.Application()) as another:
        answers = [another, homeserver.url, "@me:example.org", "", "tower=pager", "high", ""]
        result = await asyncio.to_thread(bridgekit, "init", typed="\n".join(answers))
    assert result.exit_code == 0, result.output
    assert f"what answers at {another} is no Matrix homeserver (HTTP 404)." in result.output
    assert loaded().homeserver.url == homeserver.url


@pytest.mark.usefixtures("_at_a_terminal", "looking")
@pytest.mark.parametrize("name", sorted(NEEDED))
def test_where_no_homeserver_runs_yet_it_goes_on_with_no_more_than_six(
    bridgekit: Run, asked: list[str], name: str
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    typed = "\n".join([nobody, "@me:chat.test", "", name, *NEEDED[name], ""])
    result = bridgekit("init", typed=typed)
    assert result.exit_code == 0, result.output
    assert f"nobody answers at {nobody} (Connection refused)." in result.stdout
    assert f"! The homeserver was not found: nobody answers at {nobody}" in result.stderr
    assert len(asked) <= 6, asked
    assert (f"setup {name}" in result.stdout) == (name != "irc")
    assert loaded().homeserver.domain == "chat.test"
    assert loaded().permissions["@me:chat.test"] == Rule(Level.ADMIN)


WORD = "0123456789abcdef"


@pytest.mark.usefixtures("_at_a_terminal", "looking")
@pytest.mark.parametrize(
    ("answers", "settings"),
    [
        (
            ["", WORD, "xoxb-1-2-abcdefabcdef"],
            {"transport": "http", "signing_secret": WORD, "bot_token": "xoxb-1-2-abcdefabcdef"},
        ),
        (
            ["xapp-1-A-2-abcdefabcdef", "", "12.34", WORD],
            {"app_token": "xapp-1-A-2-abcdefabcdef", "client_id": "12.34", "client_secret": WORD},
        ),
    ],
)
def test_what_can_be_set_in_place_of_a_setting_is_asked_for_where_that_is_left_empty(
    bridgekit: Run, asked: list[str], answers: list[str], settings: dict[str, str]
) -> None:
    typed = [f"http://127.0.0.1:{free_port()}", "@me:chat.test", "", "slack", *answers, ""]
    result = bridgekit("init", typed="\n".join(typed))
    assert result.exit_code == 0, result.output
    written = YAML(typ="safe").load(Path("config.yaml"))["networks"]["slack"]
    assert written == {"adapter": "slack", **settings}
    assert any("empty: " in one for one in asked)
    assert not any("((" in one for one in asked)


def like_synapse(name: str) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        said = {
            "/_matrix/client/versions": {"versions": ["v1.11"]},
            "/_matrix/key/v2/server": {"server_name": name},
            "/_matrix/federation/v1/version": {"server": {"name": "Tuwunel", "version": "1"}},
        }.get(request.path)
        return web.json_response(said or {}, status=200 if said else 404)

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    return app


@pytest.mark.usefixtures("_at_a_terminal", "looking")
async def test_the_homeserver_itself_says_its_name_and_kind(bridgekit: Run) -> None:
    async with started_server(like_synapse("chat.test")) as url:
        answers = [url, "", "tower=pager", "high", ""]
        result = await asyncio.to_thread(bridgekit, "init", typed="\n".join([*answers, ""]))
    assert result.exit_code == 0, result.output
    assert "The homeserver says that it is chat.test." in result.output
    assert loaded().homeserver.domain == "chat.test"
    assert "!admin appservices register" in result.output


@pytest.mark.usefixtures("_at_a_terminal", "looking")
@pytest.mark.parametrize("name", sorted(NEEDED))
async def test_with_a_homeserver_that_is_there_no_network_of_ours_needs_more_than_six(
    bridgekit: Run, asked: list[str], name: str
) -> None:
    async with started_server(like_synapse("chat.test")) as url:
        typed = "\n".join([url, "", name, *NEEDED[name], "@me:chat.test", ""])
        result = await asyncio.to_thread(bridgekit, "init", typed=typed)
    assert result.exit_code == 0, result.output
    assert len(asked) <= 6, asked


@pytest.mark.usefixtures("_at_a_terminal")
def test_whoever_is_named_by_an_option_is_not_asked_for(bridgekit: Run, asked: list[str]) -> None:
    typed = "\n\n\ntower=pager\nhigh\n"
    result = bridgekit("init", "--admin", "@me:chat.test", typed=typed)
    assert result.exit_code == 0, result.output
    assert loaded().homeserver.domain == "chat.test"
    assert not [one for one in asked if "Your own" in one]


@pytest.mark.usefixtures("_at_a_terminal")
def test_a_synapse_on_this_machine_is_found_by_itself(
    bridgekit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synapse = tmp_path / "homeserver.yaml"
    monkeypatch.setattr("bridgekit.cli.init.completing.DEBIAN", synapse)
    synapse.write_text("listeners: [{port: 8018, resources: [{names: [client]}]}]\n")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "server_name.yaml").write_text("server_name: chat.test\n")
    typed = "\n\ntower=pager\nhigh\n\n"
    result = bridgekit("init", typed=typed)
    assert result.exit_code == 0, result.output
    assert f"Found {synapse}." in result.stdout
    config = loaded()
    assert (config.homeserver.domain, config.homeserver.url) == (
        "chat.test",
        "http://localhost:8018",
    )


@pytest.mark.usefixtures("looking")
async def test_without_a_terminal_what_is_doubtful_is_said_and_the_files_are_written(
    bridgekit: Run,
) -> None:
    async with started_server(like_synapse("chat.test")) as url:
        words = [*OPTIONS, *HOST, "--homeserver", url]
        result = await asyncio.to_thread(bridgekit, "init", *words)
        named = ["--yes", "-c", "b.yaml", "--registration", "r.yaml", "--homeserver", url]
        found = await asyncio.to_thread(bridgekit, "init", *named, *OPTIONS[3:], *HOST)
    assert result.exit_code == 0
    assert "says that it is chat.test, not example.org" in result.stderr
    assert found.exit_code == 0, found.output
    assert loaded("b.yaml").homeserver.domain == "chat.test"


def test_synapses_configuration_answers_what_it_can(bridgekit: Run, tmp_path: Path) -> None:
    synapse = tmp_path / "homeserver.yaml"
    synapse.write_text(
        "server_name: chat.test\nlisteners:\n"
        "  - {port: 8448, resources: [{names: [federation]}]}\n"
        "  - {port: 8018, resources: [{names: [client]}]}\n"
    )
    words = ["--yes", "--network", "tower=pager", *HOST, "--homeserver-config", synapse]
    assert bridgekit("init", *words).exit_code == 0
    config = loaded()
    assert (config.homeserver.domain, config.homeserver.url) == (
        "chat.test",
        "http://localhost:8018",
    )
    result = bridgekit("init", "-c", "b.yaml", "--registration", "r.yaml", *words[:-1], "none.yaml")
    assert result.exit_code == 2
    assert "--homeserver-config: none.yaml" in result.stderr


def test_answers_come_from_a_file_and_options_win(bridgekit: Run) -> None:
    Path("answers.yaml").write_text(
        "domain: example.org\nhomeserver: http://hs:8008\nadmin: '@a:example.org'\n"
        "networks: {tower: {adapter: pager, host: high, links: [{chat: '#a'}]}}\n"
        "settings: {appservice: {bot: towerbot}, permissions: {'*': block}}\n"
    )
    result = bridgekit("init", "--answers", "answers.yaml", "--homeserver", "http://b:8008")
    assert result.exit_code == 0, result.output
    config = loaded()
    assert config.homeserver.url == "http://b:8008"
    assert config.appservice.bot == "towerbot"
    assert config.permissions["*"] == Rule(Level.BLOCK)
    assert config.networks["tower"].links[0].chat == "#a"  # type: ignore[index]


def test_everything_that_is_wrong_in_a_file_of_answers_is_said(bridgekit: Run) -> None:
    Path("answers.yaml").write_text("domian: x\nurl: 1\nnetworks: {a: 3}\nsettings: [x]\n")
    result = bridgekit("init", "--answers", "answers.yaml")
    assert result.exit_code == 3
    for words in ("did you mean domain?", "url: must be a single text", "networks.a: must hold"):
        assert words in result.stderr
    assert not Path("config.yaml").exists()


def test_a_unit_and_a_container_file_are_written_if_wanted(bridgekit: Run, tmp_path: Path) -> None:
    extra = ["--systemd", "bridge.service", "--container", "Containerfile"]
    result = bridgekit("init", *OPTIONS, *HOST, *extra, "--url", "http://bridge:29311")
    assert result.exit_code == 0
    unit, container = Path("bridge.service").read_text(), Path("Containerfile").read_text()
    assert f"run -c {Path('config.yaml').absolute()}\n" in unit
    assert f"ReadWritePaths={Path.cwd()}\n" in unit
    assert "-p 29311:29311" in container
    assert 'CMD ["run", "-c", "/data/config.yaml"' in container
    elsewhere = ["--set", f"database=sqlite:///{tmp_path}/bridge.db", "-c", "c.yaml"]
    files = ["--registration", "c-r.yaml", "--systemd", "c.service"]
    assert bridgekit("init", *OPTIONS, *HOST, *elsewhere, *files).exit_code == 0
    assert f"ReadWritePaths={Path.cwd()} {tmp_path}\n" in Path("c.service").read_text()
    again = bridgekit("init", *OPTIONS, *HOST, "-c", "b.yaml", "--registration", "r", *extra)
    assert again.exit_code == 2
    assert not Path("b.yaml").exists()
    if (analyze := shutil.which("systemd-analyze")) is not None:
        checked = subprocess.run(
            [analyze, "verify", "--man=no", "./bridge.service"], capture_output=True, check=False
        )
        assert b"Unknown" not in checked.stderr
