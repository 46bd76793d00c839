"""Adapters by entry point: lazy, checked, and never in each other's way."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

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

class Plain(Good):
    manifest = Manifest("plain", "Plain", dict)

class Unfinished(Adapter[Settings]):
    manifest = Manifest("unfinished", "Unfinished", Settings)

class Nameless(Adapter[Settings]):
    def connect(self, login): ...

def function(): ...
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "sample_good.py").write_text(GOOD)
    (tmp_path / "sample_library.py").write_text("import a_library_that_nobody_has\n")
    (tmp_path / "sample_crash.py").write_text("raise RuntimeError('boom\\nand more')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("sample_good", "sample_library", "sample_crash"):
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
        ("sample_library:X", ["a_library_that_nobody_has", "pip install"]),
        ("sample_crash:X", ["RuntimeError: boom and more", "report this"]),
        ("sample_good:Missing", ["Missing", "report this"]),
        ("sample_good:function", ["not a subclass of bridgekit.Adapter"]),
        ("sample_good:Settings", ["not a subclass of bridgekit.Adapter"]),
        ("sample_good:Nameless", ["no manifest"]),
        ("sample_good:Old", ["version 0", f"speaks {API_VERSION}; update the adapter"]),
        ("sample_good:New", ["version 99", "update matrix-bridgekit"]),
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


def test_abilities_are_read_from_the_bases_of_the_adapter_and_of_what_connect_yields() -> None:
    assert supports(Telling) == (
        "SupportsDoctor",
        "SupportsNames",
        "SupportsDelete",
        "SupportsEdit",
    )


def test_a_client_that_connect_does_not_name_is_unknown() -> None:
    assert supports(Silent) == ("SupportsDoctor", "SupportsNames", "unknown")
