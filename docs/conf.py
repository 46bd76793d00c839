"""How the site is built: `make docs`. Nothing of it comes from elsewhere when it is read."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef

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
    _app: Sphinx, _what: str, name: str, _thing: Any, _options: Any, lines: list[str]
) -> None:
    """Nothing, where a record says nothing and `dataclass` repeats its fields."""
    if lines and lines[0].startswith(f"{name.rpartition('.')[2]}("):
        lines.clear()


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("source-read", _within_the_site)
    app.connect("include-read", _within_the_site)
