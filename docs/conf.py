"""How the site is built: `make docs`. Nothing of it comes from elsewhere when it is read."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, get_origin

from sphinx.application import Sphinx
from sphinx.util import inspect
from sphinx.util.docstrings import prepare_docstring
from sphinx.util.inspect import TypeAliasForwardRef, object_description

project = "matrix-bridgekit"
project_copyright = "the authors of matrix-bridgekit, Apache License 2.0"
html_title = "matrix-bridgekit"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["examples", "__pycache__"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

default_role = "code"  # docstrings put names between single backticks
add_module_names = False
autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": True}
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 110
autodoc_type_aliases = {
    name: name for name in ("Block", "Content", "Credentials", "Measure", "Node", "RichText")
}

# Within another type Sphinx writes an alias as Python does, not by its name.
TypeAliasForwardRef.__repr__ = lambda alias: alias.name  # type: ignore[method-assign]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {"code-font-size": "var(--font-size--small--3)"},  # 100 columns fit
}

# Files that stand elsewhere, where people look for them on a code host, and their pages here.
_PAGES = {
    "](../README.md": "](setup.md",
    "](../bridges/irc/README.md": "](irc.md",
    "](bridges/irc/README.md": "](irc.md",
    "](../bridges/slack/README.md": "](slack.md",
    "](bridges/slack/README.md": "](slack.md",
}


def _within_the_site(*event: Any) -> None:
    """Of a page that is read, or of what it includes: the last argument is its text."""
    for there, here in _PAGES.items():
        event[-1][0] = event[-1][0].replace(there, here)


def _argument(field: Field[Any]) -> str:
    default = field.default
    if default is MISSING:
        return field.name
    if isinstance(default, Enum):
        return f"{field.name}={type(default).__name__}.{default.name}"
    if is_dataclass(default):
        return f"{field.name}={type(default).__name__}()"
    return f"{field.name}={default!r}"


def _signature(
    _app: Sphinx, _what: str, _name: str, thing: Any, *_rest: Any
) -> tuple[str, str] | None:
    """Of a record: its fields; their types stand below, with what each means."""
    if not (isinstance(thing, type) and is_dataclass(thing)):
        return None
    return f"({', '.join(_argument(field) for field in fields(thing))})", ""


def _docstring(
    _app: Sphinx, what: str, name: str, thing: Any, _options: Any, lines: list[str]
) -> None:
    """Nothing, where only Python speaks: `dataclass` of a record, or a type of its values."""
    record = bool(lines) and lines[0].startswith(f"{name.rpartition('.')[2]}(")
    if record or (what == "data" and lines == prepare_docstring(_type(thing).__doc__ or "")):
        lines.clear()


def _type(thing: Any) -> type:
    origin = get_origin(thing)
    return origin if isinstance(origin, type) and origin is not UnionType else type(thing)


def _kinds(thing: Any, **how: Any) -> str:
    """A set of classes by their names; all else as Sphinx has it."""
    if isinstance(thing, frozenset) and thing and all(isinstance(one, type) for one in thing):
        return f"frozenset({{{', '.join(sorted(one.__name__ for one in thing))}}})"
    return object_description(thing, **how)


inspect.object_description = _kinds  # type: ignore[assignment]


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("source-read", _within_the_site)
    app.connect("include-read", _within_the_site)
