"""The public parser tests of ircdocs, all of them, against what reads and writes our lines.

Two differences, both of clients: we never write a source, which a server would not take; and
host names are not ours to refuse, as the tests themselves say.
"""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bridges.irc.masks import Source, matching, taken_apart
from bridges.irc.wire import compose, parse

FOLDER = Path(__file__).with_name("parser_tests")


def cases(name):
    return YAML(typ="safe").load(FOLDER / f"{name}.yaml")["tests"]


@pytest.mark.parametrize("case", cases("msg-split"), ids=lambda case: case["input"][:40])
def test_a_line_is_taken_apart_as_everybody_does(case):
    line, atoms = parse(case["input"]), case["atoms"]
    assert line.command == atoms["verb"].upper()
    assert list(line.params) == atoms.get("params", [])
    assert line.source == (atoms.get("source") or "")
    assert dict(line.tags) == atoms.get("tags", {})


@pytest.mark.parametrize("case", cases("msg-join"), ids=lambda case: case["desc"])
def test_a_line_is_put_together_as_everybody_does(case):
    atoms = case["atoms"]
    written = compose(atoms["verb"], *atoms.get("params", ()), tags=atoms.get("tags", {}))
    source = f":{atoms['source']} " if "source" in atoms else ""
    assert written in [match.replace(source, "", 1) for match in case["matches"]]


@pytest.mark.parametrize("case", cases("userhost-split"), ids=lambda case: case["source"])
def test_a_source_is_taken_apart_as_everybody_does(case):
    assert taken_apart(case["source"]) == Source(**case["atoms"])


@pytest.mark.parametrize("case", cases("mask-match"), ids=lambda case: case["mask"])
def test_a_mask_is_for_whom_everybody_says(case):
    assert all(matching(case["mask"])(one) for one in case["matches"])
    assert not any(matching(case["mask"])(one) for one in case["fails"])


@pytest.mark.parametrize("case", cases("validate-hostname"), ids=lambda case: repr(case["host"]))
def test_a_client_takes_every_host_that_a_server_gives(case):
    line = parse(f":n!u@{case['host']} PRIVMSG #c :x")
    assert taken_apart(line.source).host == case["host"].partition(" ")[0]  # where a source ends
