"""`bridgekit new-adapter`: which names and folders it takes, and what it writes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bridgekit import API_VERSION
from bridgekit.cli.new_adapter import Names
from tests.core.cli.conftest import Run, flat

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "bridgekit" / "cli" / "adapter-template"


def test_a_whole_project_is_written(
    bridgekit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = bridgekit("new-adapter", "night-owl")
    assert result.exit_code == 0
    assert "cd matrix-bridgekit-night-owl" in result.stdout
    made = tmp_path / "matrix-bridgekit-night-owl"
    module = made / "src" / "matrix_bridgekit_night_owl"
    names = ["__init__", "adapter", "client", "config", "convert", "fake"]
    expected = {
        *(made / name for name in (".gitignore", "README.md", "pyproject.toml")),
        *(made / "tests" / f"test_{name}.py" for name in ("contract", "convert")),
        *(module / f"{name}.py" for name in names),
        module / "py.typed",
        made / ".github" / "workflows" / "test.yml",
    }
    assert {path for path in made.rglob("*") if path.is_file()} == expected
    text = "".join(path.read_text() for path in sorted(expected))
    assert "tinychat" not in text.lower()
    assert "class NightOwlAdapter(" in text
    assert 'title="Night Owl"' in text


def test_it_says_for_which_interface_and_release_it_is() -> None:
    adapter = next(TEMPLATE.rglob("adapter.py")).read_text()
    assert f"api={API_VERSION}," in adapter
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    needed = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())["project"]["dependencies"]
    (required,) = [one for one in map(Requirement, needed) if one.name == "matrix-bridgekit"]
    assert ours in required.specifier


def test_an_adapter_is_as_short_as_the_documentation_says() -> None:
    names = ("adapter", "client", "config", "convert")
    code = "".join(next(TEMPLATE.rglob(f"{name}.py")).read_text() for name in names)
    code = re.sub(r"^(from|import) (.*\(\n(    .*\n)+\)|.*)\n", "", code, flags=re.MULTILINE)
    page = " ".join((ROOT / "docs" / "adapters.md").read_text().split())
    (most,) = re.findall(r"less than (\d+) lines of code, imports apart", page)
    assert 50 < len([line for line in code.splitlines() if line.strip()]) < int(most)


@pytest.mark.parametrize(
    "name", ["Pager", "_pager", "9pager", "pager-", "pa--ger", "pa ger", "../x", "p" * 25, "ü", ""]
)
def test_what_is_no_name_is_refused(bridgekit: Run, tmp_path: Path, name: str) -> None:
    result = bridgekit("new-adapter", "--folder", tmp_path / "made", "--", name)
    assert result.exit_code == 2
    assert "is no name for an adapter; use a-z, 0-9" in flat(result.stderr)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pager", "installed already (from sample-pager); choose another name"),
        ("torn", "installed already (from sample-pager); choose another name"),
        ("telegram", "installed already (from matrix-bridgekit); choose another name"),
        ("loopback", "matrix-bridgekit's own; choose another name"),
    ],
)
def test_a_name_that_is_taken_is_refused(
    bridgekit: Run, tmp_path: Path, name: str, words: str
) -> None:
    result = bridgekit("new-adapter", name, "--folder", tmp_path / "made")
    assert result.exit_code == 2
    assert words in flat(result.stderr)
    assert not (tmp_path / "made").exists()


def test_a_folder_with_files_is_refused_and_left_alone(bridgekit: Run, tmp_path: Path) -> None:
    mine = tmp_path / "made" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    result = bridgekit("new-adapter", "owl", "--folder", mine.parent)
    assert result.exit_code == 2
    assert "holds files, and none is ever overwritten" in flat(result.stderr)
    assert list(mine.parent.iterdir()) == [mine]
    result = bridgekit("new-adapter", "owl", "--folder", mine)
    assert result.exit_code == 2
    assert "is a file; name another --folder" in flat(result.stderr)
    assert mine.read_text() == "precious"


def test_an_empty_folder_is_filled(bridgekit: Run, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    assert bridgekit("new-adapter", "owl", "--folder", tmp_path / "made").exit_code == 0
    assert (tmp_path / "made" / "pyproject.toml").is_file()


def test_a_folder_that_cannot_be_made_is_said(bridgekit: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = bridgekit("new-adapter", "owl", "--folder", tmp_path / "file" / "made")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_each_place_gets_the_name_in_its_own_spelling() -> None:
    put = Names("night-owl").put_into
    assert put("matrix-bridgekit-tinychat") == "matrix-bridgekit-night-owl"
    assert put("src/matrix_bridgekit_tinychat") == "src/matrix_bridgekit_night_owl"
    assert put("class TestTinychat(TinychatX)") == "class TestNightOwl(NightOwlX)"
    assert put("def fake_tinychat() -> FakeTinychat") == "def fake_night_owl() -> FakeNightOwl"
    assert put('"Tinychat asks", "tinychat"') == '"Night Owl asks", "night-owl"'
