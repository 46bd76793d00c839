"""Configuration files as people write them: each is taken, or every fault of it is a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit import ConfigError
from bridgekit.adapter_supports import Finding
from bridgekit.configuration.config import load
from bridgekit.configuration.registration import build
from bridgekit.registration.belonging import compare
from bridgekit.registration.oracle import Oracle
from bridgekit.registration.reading import read
from tests.core.config.conftest import ADAPTERS
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

SECRET = "hunter2-is-a-secret"
WHOLE = f"""\
homeserver: {{url: http://localhost:8008, domain: example.org}}
appservice:
  id: bridgekit
  url: http://localhost:29300
  listen: 127.0.0.1:29300
  public_url: https://bridge.example.org
  bot: bridgebot
  as_token: {SECRET}-as
  hs_token: {SECRET}-hs
database: sqlite:///bridgekit.db
permissions: {{"*": relay, "example.org": user, "@admin:example.org": admin}}
media: {{max_size: 10 MB, link_lifetime: 30 days}}
rooms: {{version: "11"}}
networks:
  libera:
    adapter: irc
    server: irc.example.net
    port: 6697
    password: {SECRET}-irc
    links:
      - {{chat: "#python"}}
      - {{chat: "#ops", room: "!a:example.org", direction: both}}
    history: {{last: 3, gap: 10}}
    keys: {{a: {SECRET}-key}}
"""
# What a library would say, and people could not act on.
_LIBRARY = re.compile(
    r"pydantic|traceback|ruamel|validation error|input should|input_value|\btype=|<class|Error\("
    r"|NoneType|\b__|object at 0x",
    re.IGNORECASE,
)
_SYNTAX = [
    "\t",
    "  ",
    "\n",
    ": ",
    ":",
    "- ",
    "'",
    '"',
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "!!x",
    "!",
    "#",
    "|",
    ">",
]
_SYNTAX += [
    "<<: ",
    "---\n",
    "...\n",
    "? ",
    "%YAML 1.1\n",
    "null",
    "~",
    "true",
    "1e999",
    ".nan",
    "0x1F",
    "2026-01-31",
]
_SYNTAX += [
    "\x00",
    "\x85",
    "\ufeff",
    "${x}",
    "…",
    "=",
    ", ",
    "-1",
    "99999999999999999999",
    "!!binary x",
    "&a [*a]",
]
_PIECES = st.sampled_from(_SYNTAX) | TEXT.filter(
    lambda text: not any("\ud800" <= c <= "\udfff" for c in text)
)


@st.composite
def _files(draw: st.DrawFn) -> str:
    """The whole example, a few times changed as a tired person might."""
    text = WHOLE
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 5, 20, 80])))
        text = text[:start] + draw(_PIECES) + text[end:]
    return text


@st.composite
def _values(draw: st.DrawFn) -> str:
    """The whole example with other values."""
    rows = WHOLE.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(rows) - 1))
        key, colon, _ = rows[at].partition(": ")
        rows[at] = f"{key}{colon}{draw(_PIECES)}"
    return "\n".join(rows)


_CONFIGS = _files() | _values() | st.lists(_PIECES, max_size=12).map("".join)


def _sentences(error: ConfigError, name: str) -> None:
    assert error.faults
    for fault in error.faults:
        assert fault.startswith(name), fault
        assert not _LIBRARY.search(fault), fault
        assert SECRET not in fault
        assert "\n" not in fault


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@tries(40)
@given(text=_CONFIGS)
@example(text=WHOLE)
def test_any_file_is_a_configuration_or_its_faults_are_sentences(folder: Path, text: str) -> None:
    del folder
    path = Path("config.yaml")
    path.write_text(text, "utf-8", newline="")
    try:
        found = load(path, {}, ADAPTERS)
    except ConfigError as error:
        _sentences(error, "config.yaml")
    else:
        build(found).fields()


@tries(20)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_configuration_or_their_faults_are_sentences(
    folder: Path, data: bytes
) -> None:
    del folder
    path = Path("config.yaml")
    path.write_bytes(data)
    with pytest.raises(ConfigError) as raised:
        load(path, {}, ADAPTERS)
    _sentences(raised.value, "config.yaml")


@tries(20)
@given(
    environ=st.dictionaries(
        st.sampled_from(
            ["HOMESERVER__URL", "APPSERVICE__AS_TOKEN", "NETWORKS__LIBERA__PORT", "DATABASE"]
        )
        | TEXT,
        TEXT | _PIECES,
        max_size=3,
    )
)
def test_any_environment_is_taken_or_its_faults_are_sentences(
    folder: Path, environ: dict[str, str]
) -> None:
    del folder
    path = Path("config.yaml")
    path.write_text(WHOLE)
    named = {f"BRIDGEKIT_{name}": value for name, value in environ.items()}
    faults: tuple[str, ...] = ()
    try:
        load(path, named, ADAPTERS)
    except ConfigError as error:
        faults = tuple(error.faults)
    assert not any(_LIBRARY.search(fault) or SECRET in fault for fault in faults)


@tries(20)
@given(text=_files() | st.lists(_PIECES, max_size=12).map("".join), kept=st.booleans())
def test_any_registration_is_compared_or_its_faults_are_sentences(
    folder: Path, text: str, *, kept: bool
) -> None:
    path = folder / "config.yaml"
    path.write_text(WHOLE)
    config = load(path, {}, ADAPTERS)
    start = "id: bridgekit\nnamespaces: {users: [{regex: '('}]}\n" if kept else ""
    Path("registration.yaml").write_text(start + text, "utf-8")
    file = read(Path("registration.yaml"))
    with Oracle() as oracle:
        found = [file] if isinstance(file, Finding) else compare(config, file, oracle)
    faults = [f"{one.text} {one.fix}" for one in found]
    assert not any(_LIBRARY.search(fault) or SECRET in fault for fault in faults)
