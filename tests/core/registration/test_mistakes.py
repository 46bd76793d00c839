"""Every mistake in one registration is made, and found by its id, with its line and its fix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridgekit.adapter_supports import Finding
from bridgekit.configuration.config import Config
from bridgekit.configuration.encryption_settings import EncryptionSettings, Mode
from bridgekit.configuration.registration import build
from bridgekit.registration.belonging import compare
from bridgekit.registration.oracle import Oracle
from bridgekit.registration.reading import LARGEST, read
from tests.core.registration.conftest import (
    AS_TOKEN,
    CONFIG,
    HS_TOKEN,
    Changed,
    registered,
    written,
)

EPHEMERAL = "receive_ephemeral: true\nde.sorunome.msc2409.push_ephemeral: true\n"
URL = "'http://localhost:29300'"
OFTC = r"'^@oftc_.+:example\.org$'"


@pytest.mark.parametrize(
    ("old", "new", "id_", "words", "fix"),
    [
        (AS_TOKEN, f"{AS_TOKEN}x", "tokens-differ", "yaml:6:11 as_token: is not the", "install it"),
        (HS_TOKEN, f"{HS_TOKEN}x", "hs-token-differs", "(registration ", "install it"),
        ("as_token: 'a", "as_tokn: 'a", "missing-key", "as_token: is missing", "Print it with"),
        ("as_token: 'a", "as_tokn: 'a", "typo-key", "as_tokn: is no key", "Did you mean as_token?"),
        (URL, "http://bridge:1", "url-differs", "(http://localhost:29300)", "Print it with"),
        (URL, "http://localhost:29300/", "url-trailing-slash", "ends with", "http://localhost:29"),
        (URL, "", "url-null", "never sends anything", "reaches the bridge"),
        (URL, "bridge:29300", "yaml-types", "is no web address", "Write it like"),
        (f"hs_token: '{HS_TOKEN}'", "hs_token: 12", "yaml-types", "is no text", "single quotes"),
        (f"as_token: '{AS_TOKEN}'", "as_token: @x", "yaml-types", "cannot start", "single quotes"),
        ("rate_limited", "\trate_limited", "yaml-types", "a tab", "spaces only"),
        (OFTC, '"@oftc_.+:example\\.org"', "yaml-types", "a backslash means", "single quotes"),
        (AS_TOKEN, HS_TOKEN, "tokens-same", "the same as as_token", "rotate"),
        (AS_TOKEN, "changeme", "weak-token", "as_token: is a placeholder", "rotate"),
        (AS_TOKEN, "a" * 40, "weak-token", "can be guessed", "rotate"),
        ("'bridgebot'", "'robot'", "sender-differs", "(bridgebot)", "Print it with"),
        ("'bridgebot'", "'@Bot:example.org'", "sender-mxid", "cannot have", "lower case: bot"),
        ("id: 'bridgekit'", "id: 'other'", "id-differs", "(bridgekit)", "Print it with"),
        ("limited: false", "limited: 'false'", "rate-limited", "in quotes", "rate_limited: false"),
        ("rate_limited: false\n", "", "rate-limited", "is not there", "rate_limited: false"),
        ("_ephemeral: true", "_ephemeral: 'true'", "no-ephemeral", "is not true", "without quotes"),
        (EPHEMERAL, "", "no-ephemeral", "receive_ephemeral: is not there", "or print"),
        ("receive_e", "recieve_e", "typo-key", "no key", "Did you mean receive_ephemeral?"),
        ("protocols:", "ip_range_whitelist: []\nprotocols:", "ip-whitelist", "refuses", "Remove"),
        ("  - 'irc'\n", "  - 'other'\n", "protocols-lacking", "lacks irc", "Print it"),
        ("namespaces:", "namespace:", "ns-shape", "users, aliases and rooms", "exclusive: true"),
        ("regex: '^#oftc", "regx: '^#oftc", "ns-shape", "is no text", "single quotes"),
        (
            "- exclusive: true\n      regex: '^@oftc",
            "- regex: '^@oftc",
            "ns-shape",
            "not true",
            "q",
        ),
        ("'bridgebot'", "on", "yaml-types", "reads it as YAML 1.1", "single quotes"),
        ("id: 'bridgekit'", "id: 2026-01-31", "yaml-types", "to Synapse", "single quotes"),
        (OFTC, "#oftc_.+", "ns-shape", "users[2].regex: is no text", "# begins a comment"),
        ("rooms: []", "rooms: [x]", "ns-shape", "is no entry", "exclusive: true"),
        ("rooms: []", "rooms: x", "ns-shape", "is no list", "exclusive: true"),
        ("rooms: []", "room: []", "typo-key", "namespaces.room: is no kind", "spelling"),
        (
            "rooms: []",
            "rooms: [{regex: '!.*', exclusive: false}]",
            "rooms-ns-catch-all",
            "rooms that are not",
            "Remove",
        ),
        (r"^@libera_.+:example\.org", r"^@libera_.+:example\.com", "regex-wrong-domain", "ex", "W"),
        (
            r"^@libera_.+:",
            r"^@libera_[0-9]+:",
            "template-outside-namespace",
            "does not claim @libera_alice:example.org",
            r"Add {exclusive: true, regex: '^@libera_.+:example\.org$'}",
        ),
        (r"^@bridgebot:", "^@bot:", "template-outside-namespace", "@bridgebot:example.org", "Add"),
        (r"^#oftc_.+:", "^#oftc-.+:", "template-outside-namespace", "#oftc_#chat:example", "Add"),
        (OFTC, "'@.*'", "regex-too-wide", "claims @alice:example.org", "own prefix"),
        (OFTC, "'@*'", "regex-too-wide", "* repeats what stands before it", "own prefix"),
        (OFTC, "'@oftc_.+'", "regex-no-domain", "names no domain", r"`:example\.org$`"),
        (
            OFTC,
            r"'@oftc_.+:example\.org'",
            "regex-anchors",
            "both ends",
            r"'^@oftc_.+:example\.org$'",
        ),
        (OFTC, "@oftc_.+:example.org", "yaml-types", "cannot start", "single quotes"),
        (OFTC, "'@oftc_.+:example.org'", "regex-anchors", "ends", r"'^@oftc_.+:example\.org$'"),
        (OFTC, "'^@oftc_.+:example.org$'", "regex-dot", "without a backslash", r"example\.org"),
        (OFTC, "'@oftc_[a'", "regex-invalid", "no regular expression", "Print it"),
        (
            OFTC,
            r"'^@(?=oftc_).+:example\.org$'",
            "regex-dialect",
            "looks around",
            "Write it without",
        ),
        (
            "exclusive: true\n      regex: '^@oftc",
            "exclusive: false\n      regex: '^@oftc",
            "own-ghosts-not-exclusive",
            "is not exclusive",
            "exclusive: true",
        ),
    ],
)
def test_a_mistake_is_found_by_its_id_with_its_line_and_its_fix(
    changed: Changed, old: str, new: str, id_: str, words: str, fix: str
) -> None:
    found = changed(old, new)
    (one, *_) = [one for one in found if one.id == id_] or [Finding(*[""] * 3)]  # type: ignore[arg-type]
    assert words in one.text, found
    assert "registration.yaml:" in one.text
    assert fix in one.fix
    assert one.why
    everything = " ".join(f"{each.text} {each.fix} {each.why}" for each in found)
    assert AS_TOKEN not in everything
    assert HS_TOKEN not in everything


@pytest.mark.parametrize(
    "pattern",
    [
        r"^@oftc_(.+)+:example\.org$",
        r"^@(oftc|o)_(a+)+:example\.org$",
        r"^@oftc_(-+)+:example\.org$",
        r"^@oftc_(=[0-9a-f]{2}|.)+:example\.org$",
        r"^@oftc_(?:[^:a]+_?)*:example\.org$",
        r"^@oftc_(\S\d?)+:example\.org$",
    ],
)
def test_a_pattern_that_takes_time_without_end_stops_nobody(
    changed: Changed, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    monkeypatch.setattr("bridgekit.registration.oracle.PATIENCE", 1.0)
    found = changed(OFTC, f"'{pattern}'")
    assert "regex-exponential" in {one.id for one in found}


@pytest.mark.parametrize(
    "pattern",
    [
        r"^@oftc_(?:=[0-9a-f]{2}|[a-z0-9._-])+:example\.org$",
        r"^@oftc_(a|b){1,3}[^:]*:example\.org$",
        r"^@oftc_(\d+-|[a-z])+?:example\.org$",
    ],
)
def test_a_pattern_that_only_looks_so_is_none(changed: Changed, pattern: str) -> None:
    assert "regex-exponential" not in {one.id for one in changed(OFTC, f"'{pattern}'")}


def test_a_sender_that_nobody_ever_writes_may_have_capitals(changed: Changed) -> None:
    """As most bridges make theirs; their bot is another user."""
    found = changed("'bridgebot'", "'Kd9sGq2LmXv7Rt4Bz8Nc1Wy5Hf3Jp6Ta'")
    assert "sender-mxid" not in {one.id for one in found}


@pytest.mark.parametrize("line", EPHEMERAL.splitlines(keepends=True))
def test_one_name_of_what_is_ephemeral_is_enough(changed: Changed, line: str) -> None:
    assert "no-ephemeral" not in {one.id for one in changed(EPHEMERAL, line)}


@pytest.mark.parametrize(("mode", "right"), [("off", True), ("allow", False)])
def test_a_sender_that_is_not_the_bot_serves_with_and_without_encrypted_rooms(
    config: Config, tmp_path: Path, oracle: Oracle, mode: Mode, *, right: bool
) -> None:
    """Whoever switches encryption off has nothing to install; whoever switches it on has."""
    ours = replace(config, encryption=EncryptionSettings(mode=mode))
    other = replace(
        config, encryption=EncryptionSettings(mode="off" if mode == "allow" else "allow")
    )
    path = written(tmp_path / "other.yaml", build(other).to_yaml())
    found = {one.id for one in compare(ours, registered(path), oracle)}
    assert found == (set() if right else {"sender-differs", "msc4190-absent"})


def test_every_mistake_is_found_at_once(config: Config, tmp_path: Path, oracle: Oracle) -> None:
    text = build(config).to_yaml()
    path = written(
        tmp_path / "all.yaml", text.replace(AS_TOKEN, "x").replace("bridgebot'", "Robot'")
    )
    found = compare(config, registered(path), oracle)
    assert {"tokens-differ", "weak-token", "sender-mxid", "sender-differs"} <= {
        one.id for one in found
    }


@pytest.mark.parametrize(
    ("content", "id_", "words"),
    [
        (b"", "reg-unusable", "the file is empty"),
        (b"# nothing\n", "reg-unusable", "is empty"),
        (b"- a\n- b\n", "reg-unusable", "holds no"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "reg-unusable", "not UTF-8"),
        (b"a: \x00", "yaml-types", "YAML forbids"),
        (b"x" * (LARGEST + 1), "reg-unusable", "far too large"),
        (b"{" * 5000, "reg-unusable", "nested far too deeply"),
        (b"a: &a [x]\nb: [" + b"*a, " * 30 + b"]", "reg-unusable", "nested far too deeply"),
        (CONFIG.encode(), "config-as-reg", "the configuration of a bridge"),
        (b"homeserver:\n  address: x\nappservice:\n  id: y\n", "config-as-reg", "configuration"),
    ],
)
def test_what_is_no_registration_is_a_finding(
    tmp_path: Path, content: bytes, id_: str, words: str
) -> None:
    path = tmp_path / "registration.yaml"
    path.write_bytes(content)
    found = read(path)
    assert isinstance(found, Finding)
    assert found.id in (id_, "reg-unusable")
    assert words in found.text
    assert found.fix


def test_a_file_that_is_not_there_or_no_file_is_a_finding(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path, Path("/dev/null"), Path("a\x00b")):
        found = read(path)
        assert isinstance(found, Finding)
        assert found.id == "reg-unusable"


def test_a_file_that_everybody_may_read_is_said(
    config: Config, tmp_path: Path, oracle: Oracle
) -> None:
    path = written(tmp_path / "registration.yaml", build(config).to_yaml())
    path.chmod(0o644)
    (one,) = compare(config, registered(path), oracle)
    assert (one.id, one.fix) == ("secrets-open", f"chmod o-rwx {path}")


@pytest.mark.parametrize(
    "text",
    ["a: 1", "namespaces: []", "namespaces: {users: x, aliases: [1], rooms: {}}", "url: [1]"],
)
def test_any_mapping_can_be_compared(
    config: Config, tmp_path: Path, oracle: Oracle, text: str
) -> None:
    assert compare(config, registered(written(tmp_path / "r.yaml", text)), oracle)
