"""Where the bridge dies for the contract: wherever code of the adapter waits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import bridgekit
from bridgekit.testing.contract.crashing import AT, _broken, _choice, code_of
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.crash import Case, Point, Verdict
from bridgekit.testing.crash.points import Line, Moment, Places
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.keeping import Listening
from bridges.irc import IRCAdapter
from tests.contract.rules import Mutant
from tests.contract.test_mutants import OnMutant

CORE = Path(bridgekit.__file__).parent

BASE = """
from contextlib import asynccontextmanager
from bridgekit import Adapter, Manifest
from pydantic import BaseModel
from {client} import Connection

class Settings(BaseModel):
    pass

class Common(Adapter[Settings]):
    manifest = Manifest("pager", "Pager", Settings)

    def connect(self, login) -> "AbstractAsyncContextManager[Connection]": ...
    connect.__annotations__["return"] = list[Connection]
"""
CLIENT = """
from bridgekit import Client

class Connection(Client):
    pass
"""
ADAPTER = """
from shared_pagers.common import Common

class Pager(Common):
    pass
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An adapter that is a module, its base class in a package, its client in another."""
    files = {
        "shared_pagers/__init__.py": "",
        "shared_pagers/common.py": BASE.format(client="wired_pagers.inner.client"),
        "wired_pagers/inner/client.py": CLIENT,
        "lone_pager.py": ADAPTER,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if "pager" in name]:
        del sys.modules[name]


def line(path: Path) -> Line:
    return Line(compile("", str(path), "exec"), 1)


def test_an_adapters_code_is_in_its_packages_and_in_those_of_its_client(folder):
    from lone_pager import Pager

    packages = [folder / "shared_pagers", folder / "wired_pagers"]
    assert code_of(Pager) == [folder / "lone_pager.py", *packages]
    assert code_of(IRCAdapter) == [CORE.parent / "bridges"]
    assert code_of(LoopbackAdapter) == [CORE / "testing" / "loopback"]  # an adapter as any other


def test_a_point_is_the_adapters_own_wherever_its_innermost_line_is(folder):
    module, package = folder / "lone_pager.py", folder / "wired_pagers"
    module.touch()
    places = Places(module, package)
    core, store = line(CORE / "intake.py"), line(CORE / "store" / "jobs.py")
    for adapters in (module, package / "inner" / "client.py"):
        waits_inside = places.of([line(adapters), core, store], Moment.WAITING)
        assert waits_inside.own
        name = adapters.relative_to(folder)  # wherever it is installed, and pytest was called
        assert waits_inside.where.startswith(f"{name}:")  # the nearest line of the author's
        assert ">bridgekit/intake.py" in waits_inside.where
    assert not places.of([core, store], Moment.WAITING).own


def test_the_bridge_dies_at_every_point_of_the_adapters_and_at_a_share_of_the_others():
    own, others = Point("intake.py", 1, own=True), [Point("intake.py", n) for n in range(1000)]
    assert _choice(0)((), own)
    assert not _choice(0)([own], own)
    assert 50 < sum(_choice(0.1)((), one) for one in others) < 200
    assert all(_choice(1)((), one) for one in others)


def test_a_failure_tells_the_first_with_its_story_and_names_all():
    cases = [
        Case(["a.py:run:7>core.py:f:1#2"], Verdict(lost=["one"]), ["What happened:", "it broke"]),
        *(Case([f"b.py:g:1#{number}"], Verdict(trouble=["odd"])) for number in range(1, 31)),
    ]
    error = _broken(cases)
    said = f"{error}\n" + "\n".join(error.__notes__)
    assert said.startswith("In 31 cases the end is not as it should be. The first: the bridge died")
    assert said.count("What happened:\nit broke\n") == 1
    assert "\n  a.py:run:7>core.py:f:1#2: lost: one\n  b.py:g:1#1: trouble: odd\n" in said
    assert "\n  and 11 more\n" in said
    assert said.endswith("alone: pytest -k crash --bridgekit-crash-at 'a.py:run:7>core.py:f:1#2'")


class Asked:
    """What was typed behind pytest."""

    def __init__(self, at: str) -> None:
        self.config = self
        self._at = at

    def getoption(self, name: str, default: object) -> object:
        return self._at if name == AT else default


def test_one_crash_is_played_again_by_its_name():
    sound = OnMutant(Mutant(Listening, "a_crash_at_any_await_changes_no_end"))
    with pytest.raises(Broken, match=r"The bridge was never at nowhere\.py:f:1#1"):
        sound.test_a_crash_at_any_await_changes_no_end(Asked("nowhere.py:f:1#1"))
    with pytest.raises(pytest.UsageError, match="'nowhere' is no point; copy one of a failure"):
        sound.test_a_crash_at_any_await_changes_no_end(Asked("nowhere"))
