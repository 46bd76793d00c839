"""Adapters by entry point: lazy, checked, and never in each other's way."""

import inspect
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any, Union

import pytest
from pydantic import BaseModel

from bridgekit import (
    API_VERSION,
    Adapter,
    Client,
    Login,
    Manifest,
    SupportsDelete,
    SupportsDoctor,
    SupportsEdit,
    SupportsNames,
)
from bridgekit.configuration.plugins import (
    GROUP,
    Adapters,
    Broken,
    Found,
    Supported,
    adapters,
    installed,
    supports,
)

GOOD = """
from bridgekit import Adapter, Manifest
from pydantic import BaseModel

class Settings(BaseModel):
    server: str

class Good(Adapter[Settings]):
    manifest = Manifest("good", "Good", Settings)
    def connect(self, login): ...

class Old(Good):
    manifest = Manifest("old", "Old", Settings, api=0)

class New(Good):
    manifest = Manifest("new", "New", Settings, api=99)

class Worded(Good):
    manifest = Manifest("worded", "Worded", Settings, api="1.0")

class Plain(Good):
    manifest = Manifest("plain", "Plain", dict)

class Unfinished(Adapter[Settings]):
    manifest = Manifest("unfinished", "Unfinished", Settings)

class Nameless(Adapter[Settings]):
    def connect(self, login): ...

class Bare(Good):
    async def connect(self, login):
        yield

class BareSpan(Good):
    async def lifespan(self): ...

def function(): ...
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "sample_good.py").write_text(GOOD)
    (tmp_path / "sample_library.py").write_text("import a_library_that_nobody_has\n")
    (tmp_path / "sample_torn.py").write_text("import re\nclass Torn(:\n")
    (tmp_path / "sample_torn_within.py").write_text("import re\nre.nothing\n")
    (tmp_path / "sample_exit.py").write_text("raise SystemExit('bye')\n")
    (tmp_path / "sample_crash.py").write_text("raise RuntimeError('boom\\nand more')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("sample_good", "sample_library", "sample_crash", "sample_exit"):
        sys.modules.pop(name, None)


def found(**points: str) -> Adapters:
    return Adapters(EntryPoint(name, value, GROUP) for name, value in points.items())


def why(value: str) -> str:
    broken = found(sample=value)["sample"]
    assert isinstance(broken, Broken)
    return broken.why


@pytest.mark.usefixtures("modules")
def test_an_adapter_is_imported_only_when_it_is_looked_up() -> None:
    both = found(good="sample_good:Good", crash="sample_crash:Crash")
    assert list(both) == ["crash", "good"]
    assert "sample_good" not in sys.modules
    adapter = both["good"]
    assert isinstance(adapter, type)
    assert adapter.manifest.title == "Good"


@pytest.mark.usefixtures("modules")
def test_a_broken_adapter_does_not_hide_the_others() -> None:
    crash, good = installed(found(crash="sample_crash:Crash", good="sample_good:Good"))
    assert isinstance(crash, Broken)
    assert isinstance(good, Found)


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("sample_library:X", ["the package that the module a_library_that_nobody_has is of"]),
        ("sample_nowhere:X", ["No module named 'sample_nowhere'", "pip install 'an unknown"]),
        ("sample_crash:X", ["RuntimeError: boom and more", "report this"]),
        ("sample_exit:X", ["SystemExit: bye", "report this"]),
        (
            "sample_good:Missing",
            ["sample_good has no Missing, and the entry point is sample_good:Missing; its author"],
        ),
        ("sample_torn:X", ["SyntaxError: ", "(/", "/sample_torn.py, line 2); update", "report"]),
        ("sample_torn_within:X", ["AttributeError: ", "has no attribute 'nothing'; update"]),
        ("sample_good:Bare", ["has a connect that nobody can enter", "@asynccontextmanager"]),
        ("sample_good:BareSpan", ["has a lifespan that nobody can enter"]),
        ("sample_good:function", ["not a subclass of bridgekit.Adapter"]),
        ("sample_good:Settings", ["not a subclass of bridgekit.Adapter"]),
        ("sample_good:Nameless", ["no manifest"]),
        ("sample_good:Old", ["version 0", f"speaks {API_VERSION}; update the adapter"]),
        ("sample_good:New", ["version 99", "update matrix-bridgekit"]),
        ("sample_good:Worded", ["says '1.0' for the version", "author must set Manifest.api"]),
        ("sample_good:Plain", ["no pydantic model"]),
        ("sample_good:Unfinished", ["lacks connect"]),
    ],
)
def test_a_broken_adapter_says_what_is_wrong_and_what_to_do(value: str, words: list[str]) -> None:
    sentence = why(value)
    assert sentence.startswith("The adapter sample (from ")
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


def test_who_says_no_version_was_written_for_the_first_not_for_whichever_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    default = inspect.signature(Manifest).parameters["api"].default
    assert default == 1
    monkeypatch.setattr("bridgekit.configuration.plugins.API_VERSION", 2)
    assert "version 1 of the adapter interface, this bridgekit speaks 2" in why(
        f"{__name__}:Telling"
    )


def brought(folder: Path, distribution: str, value: str) -> Distribution:
    info = folder / f"{distribution}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\ntwin = {value}\n")
    return Distribution.at(info)


@pytest.mark.usefixtures("modules")
def test_of_two_packages_with_one_name_neither_is_used_and_others_are(tmp_path: Path) -> None:
    twins = [brought(tmp_path, name, "sample_good:Good") for name in ("one", "other")]
    points = [point for twin in twins for point in twin.entry_points]
    good, twin = installed(Adapters([*points, EntryPoint("good", "sample_good:Good", GROUP)]))
    assert isinstance(good, Found)
    assert isinstance(twin, Broken)
    assert twin.why == (
        "Several adapters are called twin (from one and other), so none is used; "
        "uninstall all but one, as in: pip uninstall other"
    )


@pytest.mark.usefixtures("modules")
def test_a_package_that_says_one_name_twice_is_its_authors_fault(tmp_path: Path) -> None:
    points = [*brought(tmp_path, "one", "sample_good:Good").entry_points] * 2
    twin = Adapters(points)["twin"]
    assert isinstance(twin, Broken)
    assert "(from one), so none is used; report this to the author of one" in twin.why


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        found()["nothing"]


def test_looking_at_what_is_really_installed_raises_nothing() -> None:
    names = [entry.name for entry in installed(adapters())]
    assert names == sorted(names)


class Settings(BaseModel):
    pass


class EditingClient(Client, SupportsEdit, SupportsDelete):
    pass


class Telling(Adapter[Settings], SupportsNames, SupportsDoctor):
    manifest = Manifest("telling", "Telling", Settings)

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[EditingClient]:
        raise NotImplementedError(login)
        yield


class Silent(Telling):
    def connect(self, login: Login) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError(login)


class Garbled(Telling):
    def connect(self, login: Login) -> Any:
        raise NotImplementedError(login)

    connect.__annotations__["return"] = "no type +"


def test_abilities_are_read_from_the_bases_of_the_adapter_and_of_what_connect_yields() -> None:
    always = ("SupportsDoctor", "SupportsNames", "SupportsDelete", "SupportsEdit")
    assert supports(Telling) == Supported(always, (), known=True)


class Bot(Client, SupportsDelete):
    pass


class Differing(Telling):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[Bot | EditingClient]:
        raise NotImplementedError(login)
        yield


class Either(Telling):
    def connect(self, login: Login) -> AbstractAsyncContextManager[Union[Bot, EditingClient]]:  # noqa: UP007 (as it was written before 3.10)
        raise NotImplementedError(login)


class HalfTold(Telling):
    def connect(self, login: Login) -> AbstractAsyncContextManager[Bot | Client]:
        raise NotImplementedError(login)


def test_what_only_some_logins_can_is_kept_apart() -> None:
    always = ("SupportsDoctor", "SupportsNames", "SupportsDelete")
    for adapter in (Differing, Either):
        assert supports(adapter) == Supported(always, ("SupportsEdit",), known=True)


def test_where_one_client_is_not_named_the_others_count_for_some_logins() -> None:
    own = ("SupportsDoctor", "SupportsNames")
    assert supports(HalfTold) == Supported(own, ("SupportsDelete",), known=False)


def test_a_client_that_connect_does_not_name_is_unknown() -> None:
    for adapter in (Silent, Garbled):
        own = ("SupportsDoctor", "SupportsNames")
        assert supports(adapter) == Supported(own, (), known=False)
