"""Registrations of several bridges on one homeserver, and what that homeserver loads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bridgekit.adapter_supports import Finding
from bridgekit.registration import sandbox, synapse_config
from bridgekit.registration.checking import check
from bridgekit.registration.oracle import Common, FirstMatch, Oracle, TookForever, Undecided
from bridgekit.registration.together import together
from tests.core.registration.conftest import registered

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A registration of another bridge; each with tokens of its own."""

    def written(name: str, regex: str, **changes: Any) -> Path:
        data = {
            "id": name,
            "url": f"http://{name}:29300",
            "as_token": f"{name}-7Qm2xZ9rT4vK8pL1nB6cW3yA",
            "hs_token": f"{name}-0sD2gH7kP9wE4uR1tY6iO8q",
            "sender_localpart": f"{name}bot",
            "rate_limited": False,
            "namespaces": {"users": [{"exclusive": True, "regex": regex}]},
        } | changes
        path = tmp_path / f"{name}.yaml"
        with path.open("w") as to:
            YAML().dump(data, to)
        path.chmod(0o640)
        return path

    return written


def ids(found: list[Finding]) -> set[str]:
    return {one.id for one in found}


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (r"^@irc_.+:example\.org$", r"^@irc_libera_.*:example\.org$", "@irc_libera_:example.org"),
        (r"^@irc_[0-9]{1,9}:ex\.org$", r"^@irc_[a-f0-9]+:ex\.org$", "@irc_0:ex.org"),
        (r"@a.*", r"^@ab:ex\.org$", "@ab:ex.org"),
        (r"^@irc_.+:example\.org$", r"^@slack_.+:example\.org$", None),
        (r"^@irc_[a-z]+:example\.org$", r"^@irc_[0-9]+:example\.org$", None),
        (r"^@(irc|ircnet)_.+:e$", r"^@ircn.*:e$", "@ircnet_"),
    ],
)
def test_names_that_two_patterns_share_are_computed(
    write: Write, oracle: Oracle, one: str, other: str, shared: str | None
) -> None:
    files = [registered(write("one", one)), registered(write("two", other))]
    found = list(together(files, "example.org", oracle))
    assert ids(found) == ({"exclusive-overlap"} if shared else set())
    if shared:
        assert f"claims {shared}" in found[0].text
        assert "one.yaml:" in found[0].text
        assert "by trying" not in found[0].text


def test_the_name_that_is_printed_is_claimed_by_both(oracle: Oracle) -> None:
    one, other = r"^@irc_[^:]+x:ex\.org$", r"^@irc_\w{3,}:ex\.org$"
    name = oracle.ask(Common(one, other))
    assert name is not None
    assert oracle.ask(FirstMatch(one, [name])) == oracle.ask(FirstMatch(other, [name])) == name


def test_what_cannot_be_computed_is_sampled_and_says_so(write: Write, oracle: Oracle) -> None:
    around = r"^@irc_\b.+:example\.org$"
    files = [registered(write("one", r"^@irc_.+:example\.org$")), registered(write("two", around))]
    (found,) = together(files, "example.org", oracle)
    assert found.id in ("exclusive-overlap", "overlap-undecided")
    assert "found by trying" in found.text or "samples differ" in found.text


@pytest.mark.parametrize("choice", [r"^@a.*|^@irc_x.*", r"^@irc_x[|)]y|b$", r"^@(a|b)c|d"])
def test_a_choice_at_the_top_is_not_computed(oracle: Oracle, choice: str) -> None:
    with pytest.raises(Undecided):
        oracle.ask(Common(choice, "^@irc_.+$"))


def test_patterns_that_grow_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridgekit.registration.oracle.PATIENCE", 1.0)
    with Oracle() as oracle:
        assert oracle.ask(Common("@a", "@a")) == "@a"
        with pytest.raises(Undecided):
            oracle.ask(Common(r"@.*a.{18}:e", r"@.*b.{17}:e"))
        with pytest.raises(TookForever):
            oracle.ask(FirstMatch(r"@(a+)+:e", ["@" + "a" * 60]))
        assert oracle.ask(Common("@a", "@b")) is None


def test_tokens_and_ids_that_two_share_are_said(write: Write, oracle: Oracle) -> None:
    one = registered(write("one", r"^@one_.+:example\.org$"))
    token = one.text("hs_token")
    two = registered(write("two", r"^@two_.+:example\.org$", id="one", as_token=token))
    found = list(together([one, two], "example.org", oracle))
    assert ids(found) == {"id-reused", "token-reused"}
    assert token not in "".join(each.text for each in found)


def test_a_bot_in_the_names_of_another_bridge_is_said(write: Write, oracle: Oracle) -> None:
    one = registered(write("one", r"^@one_.+:example\.org$"))
    two = registered(write("two", r"^@two_.+:example\.org$", sender_localpart="one_bot"))
    same = registered(write("same", r"^@same_.+:example\.org$", sender_localpart="onebot"))
    assert ids(list(together([one, two], "example.org", oracle))) == {"sender-clash"}
    assert ids(list(together([one, two], None, oracle))) == {"sender-clash"}
    assert ids(list(together([one, same], "example.org", oracle))) == {"sender-clash"}


def test_registrations_of_double_puppets_have_rules_of_their_own(write: Write) -> None:
    right = {"url": None, "rate_limited": False}
    namespaces = {"users": [{"exclusive": False, "regex": r"^@.*:example\.org$"}]}
    ((_, found),) = check(
        [write("dp", "", **right, namespaces=namespaces)], None, "example.org", None
    )
    assert ids(found) == set()
    wrong = {"users": [{"exclusive": True, "regex": r"^@.*:example\.org$"}]}
    path = write("dp", "", url="http://x:1", namespaces=wrong)
    ((_, found),) = check([path], None, "example.org", None)
    assert {"dp-url-set", "dp-exclusive"} <= ids(found)


def homeserver(folder: Path, *lines: str) -> Path:
    path = folder / "homeserver.yaml"
    path.write_text("\n".join(["server_name: example.org", *lines]))
    return path


def test_what_synapse_loads_is_read_from_its_own_configuration(
    write: Write, tmp_path: Path
) -> None:
    one = write("one", r"^@irc_.+:example\.org$")
    two = write("two", r"^@irc_x.+:example\.org$")
    config = homeserver(tmp_path, "app_service_config_files:", f"  - {one}", "  - gone.yaml")
    areas = dict(check([two], config, None, None))
    loads = areas[str(config)]
    assert ids(loads) == {"not-listed", "listed-missing"}
    (not_listed,) = [each for each in loads if each.id == "not-listed"]
    assert f"\n  - {two}" in not_listed.fix
    assert ids(areas["Together"]) == {"exclusive-overlap"}
    assert "wrong-domain" not in str(areas)


def test_a_folder_of_configurations_is_read_as_synapse_does(write: Write, tmp_path: Path) -> None:
    """As Debian has it: the name of the server in one file, what is loaded in another."""
    folder, other = tmp_path / "conf.d", write("one", r"^@one_.+:chat\.test$")
    folder.mkdir()
    (folder / "server_name.yaml").write_text("server_name: chat.test\n")
    (folder / "bridges.yaml").write_text(f"app_service_config_files: [{other}]\n")
    found = synapse_config.load(folder)
    assert isinstance(found, synapse_config.HomeserverConfig)
    assert (found.server_name, list(found.files)) == ("chat.test", [other])
    (folder / "later.yaml").write_text("app_service_config_files: []\n")
    later = synapse_config.load(folder)
    assert isinstance(later, synapse_config.HomeserverConfig)
    assert not later.files
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no .yaml file" in getattr(synapse_config.load(empty), "text", "")


def test_what_debian_puts_beside_homeserver_yaml_is_read_with_it(
    write: Write, tmp_path: Path
) -> None:
    """Debian asks for the name of the server, and writes it into conf.d."""
    other = write("one", r"^@one_.+:chat\.test$")
    main, added = tmp_path / "homeserver.yaml", tmp_path / "conf.d"
    main.write_text("listeners: [{port: 8008, resources: [{names: [client]}]}]\n")
    alone = synapse_config.load(main)
    assert isinstance(alone, synapse_config.HomeserverConfig)
    assert alone.server_name is None
    added.mkdir()
    (added / "server_name.yaml").write_text("server_name: chat.test\n")
    (added / "nothing.yaml").write_text("# nothing yet\n")
    (added / "bridges.yaml").write_text(f"app_service_config_files: [{other}]\n")
    found = synapse_config.load(main)
    assert isinstance(found, synapse_config.HomeserverConfig)
    assert (found.server_name, list(found.files), found.listens) == ("chat.test", [other], [8008])
    (added / "bad.yaml").write_text("a: [\n")
    unusable = synapse_config.load(main)
    assert isinstance(unusable, Finding)
    assert "conf.d/bad.yaml" in unusable.text


@pytest.mark.parametrize(
    ("unit", "added", "said"),
    [
        ("ProtectHome=yes\nProtectHome=no", "", None),
        ("PrivateTmp=yes", "# PrivateTmp=no", "PrivateTmp=yes"),
        ("PrivateTmp=yes", "PrivateTmp=no", None),
        ("InaccessiblePaths=-{folder} /x", "", "InaccessiblePaths=-{folder} /x"),
        ("InaccessiblePaths={folder}", "InaccessiblePaths=", None),
    ],
)
def test_a_file_that_synapses_unit_hides_is_said(
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unit: str,
    added: str,
    said: str | None,
) -> None:
    monkeypatch.setitem(sandbox._HIDES, "PrivateTmp", (("yes",), (str(tmp_path),)))
    places = (tmp_path / "etc", tmp_path / "lib")
    monkeypatch.setattr(sandbox, "PLACES", places)
    one = write("one", r"^@irc_.+:example\.org$")
    folder = places[0] / "matrix-synapse.service.d"
    folder.mkdir(parents=True)
    places[1].mkdir()
    (places[1] / "matrix-synapse.service").write_text(f"[Service]\n{unit}".format(folder=tmp_path))
    (folder / "ours.conf").write_text(f"[Service]\n{added}\n")
    config = homeserver(tmp_path, f"app_service_config_files: [{one}]")
    found = dict(check([], config, None, None))[str(config)]
    assert ids(found) == ({"reg-unreadable"} if said else set())
    if said:
        assert f"has {said.format(folder=tmp_path)}, so" in found[0].text
        assert "/etc/matrix-synapse/appservices/one.yaml, and name that file" in found[0].fix


def test_settings_of_synapse_that_get_in_a_bridges_way_are_said(tmp_path: Path) -> None:
    lines = ["limit_usage_by_mau: true", "encryption_enabled_by_default_for_room_type: all"]
    config = homeserver(tmp_path, *lines)
    found = dict(check([], config, None, None))[str(config)]
    assert ids(found) == {"mau-limited", "hs-forces-encryption"}


def test_another_copy_that_synapse_loads_is_said(write: Write, tmp_path: Path) -> None:
    one = write("one", r"^@irc_.+:example\.org$")
    (tmp_path / "etc").mkdir()
    copy = tmp_path / "etc" / "one.yaml"
    copy.write_text(one.read_text())
    config = homeserver(tmp_path, f"app_service_config_files: [{copy}]")
    assert ids(dict(check([one], config, None, None))[str(config)]) == set()
    copy.write_text(one.read_text().replace("one:29300", "old:29300"))
    (found,) = dict(check([one], config, None, None))[str(config)]
    assert found.id == "stale-copy"
    assert f"Install {one} over {copy}" in found.fix


@pytest.mark.skipif(os.getuid() != 0, reason="another user's rights need a root to set them")
def test_a_file_that_synapses_user_may_not_read_is_said(write: Write, tmp_path: Path) -> None:
    one = write("one", r"^@irc_.+:example\.org$")
    one.chmod(0o600)
    config = homeserver(tmp_path, f"app_service_config_files: [{one}]")
    (found,) = dict(check([], config, None, "nobody"))[str(config)]
    assert found.id == "reg-unreadable"
    assert "nobody may not" in found.text
    assert "-m 0640" in found.fix


@pytest.mark.parametrize(
    "text", ["", "\x00", "a: [", "just: this", "app_service_api: {}", "- 1", "x: &a [*a]"]
)
def test_what_is_no_configuration_of_synapse_is_a_finding(tmp_path: Path, text: str) -> None:
    path = tmp_path / "homeserver.yaml"
    path.write_text(text)
    ((_, found),) = check([], path, None, None)
    assert ids(found) == {"hs-config-unusable"}
