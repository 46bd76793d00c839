"""The site is whole: it needs nothing from elsewhere, and every name of the interface is in it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import bridgekit
from tests.docs.conftest import ROOT

pytestmark = pytest.mark.sqlite

ABILITIES = [name for name in bridgekit.__all__ if name.startswith("Supports")]
TOLD = {"SupportsPlace"}  # by an attribute alone
CALLED = [*sorted(set(ABILITIES) - TOLD), "Adapter", "Client", "Guide", "Host", "LoginFlow"]


class Loaded(HTMLParser):
    """What a browser fetches with a page, without being asked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        fetched = given.get("src") or (given.get("href") if tag == "link" else None)
        if fetched:
            self.found.append(fetched)


def loaded_by(file: Path) -> list[str]:
    text = file.read_text("utf-8")
    if file.suffix == ".css":
        return re.findall(r"""(?:@import\s+|url\()\s*["']?([^"')\s]+)""", text)
    parser = Loaded()
    parser.feed(text)
    return parser.found


def files(site: Path, *endings: str) -> Iterator[Path]:
    return (file for file in site.rglob("*") if file.suffix in endings)


def test_a_reader_without_a_network_sees_it_whole(site: Path) -> None:
    fetched = {one for file in files(site, ".html", ".css") for one in loaded_by(file)}
    assert len(fetched) > 5
    assert [one for one in fetched if re.match(r"(https?:)?//", one)] == []


def test_what_a_page_loads_is_seen(tmp_path: Path) -> None:
    page, style = tmp_path / "page.html", tmp_path / "style.css"
    page.write_text('<link href="https://a/b.css"><img src="c.png"><a href="https://d">d</a>')
    style.write_text("@import 'https://e/f.css'; body { background: url(//g/h.png) }")
    assert loaded_by(page) == ["https://a/b.css", "c.png"]
    assert loaded_by(style) == ["https://e/f.css", "//g/h.png"]


def test_the_search_needs_no_server(site: Path) -> None:
    assert "searchindex.js" in "".join(loaded_by(site / "search.html"))
    index = (site / "searchindex.js").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs").with_suffix("")) in index


def test_every_name_of_the_interface_is_explained_in_one_place(site: Path) -> None:
    pages = "".join(file.read_text("utf-8") for file in files(site, ".html"))
    places = {name: pages.count(f'id="bridgekit.{name}"') for name in bridgekit.__all__}
    assert {name: count for name, count in places.items() if count != 1} == {}


@pytest.mark.parametrize("name", CALLED)
def test_every_method_says_what_it_does(name: str) -> None:
    methods = {
        key: value
        for key, value in vars(getattr(bridgekit, name)).items()
        if inspect.isfunction(value) and not key.startswith("_")
    }
    assert methods
    assert [key for key, value in methods.items() if not value.__doc__] == []


def public_attributes(thing: Any) -> set[str]:
    return {name for name in vars(thing) if not name.startswith("_")}


def test_the_verbs_of_a_fake_network_are_on_the_page_about_testing(site: Path) -> None:
    from bridgekit.testing.contract import FakeNetwork

    page = (site / "adapters" / "testing.html").read_text("utf-8")
    verbs = public_attributes(FakeNetwork) - {"has", "watched_by"}
    missing = [name for name in verbs if f'contract.FakeNetwork.{name}"' not in page]
    assert "lose" in verbs
    assert missing == []


PYTHON_SAYS = re.compile(
    r"NewType creates|PEP 604|Built-in immutable|Convert a number or string|&lt;class"
)


def test_no_page_of_the_interface_has_what_python_says_of_its_own_types(site: Path) -> None:
    pages = {file: re.sub("<[^>]+>", "", file.read_text("utf-8")) for file in files(site, ".html")}
    said = {file.name: PYTHON_SAYS.findall(text) for file, text in pages.items()}
    assert {name: found for name, found in said.items() if found} == {}
    pages_in_words = " ".join(" ".join(pages.values()).split())
    for words in ("Somebody on the network.", "frozenset({Message})", "nodes in their order"):
        assert words in pages_in_words
