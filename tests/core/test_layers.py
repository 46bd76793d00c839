"""Who may import whom (the design, "Layout"): read from the sources, so nothing has to run."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PURE = {
    f"bridgekit.{name}"
    for name in (
        *("adapter", "adapter_supports", "audited", "clock", "codec", "emoji", "errors", "events"),
        *(
            "facts",
            "hosting",
            "ids",
            "login_row",
            "lru",
            "media.file_key",
            "media.uploaded",
            "membership.power_levels",
        ),
        *("membership.ranks", "models", "namespaces", "permissions", "pieces"),
        *("public_links", "reasons", "references", "relations", "retry", "richtext", "states"),
        *("metrics.spread", "scanning.verdict", "supports", "units"),
    )
}
SETTINGS = {"bridgekit.configuration"}
TOP = {"bridgekit.bridge", "bridgekit.cli", "bridgekit.web"}
TESTING = {"bridgekit.testing"}  # of another extra, and no part of a bridge at work
ANYTHING = {""}

# Layer: its modules, what they may import besides the standard library, and what not even so.
# The first layer that has a module counts; the last one is the services.
LAYERS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "richtext": ({"bridgekit.richtext"}, PURE, set()),
    "the public face": ({"bridgekit="}, PURE, set()),
    "pure": (PURE, PURE, set()),
    "settings": (
        SETTINGS,
        PURE | SETTINGS | {"pydantic", "pydantic_core", "ruamel"},
        set(),
    ),
    "store": (
        {"bridgekit.store"},
        PURE | {"bridgekit.store", "sqlalchemy", "alembic", "structlog"},
        set(),
    ),
    "matrix": (
        {"bridgekit.matrix"},
        PURE | {"bridgekit.matrix", "mautrix", "aiohttp", "yarl", "structlog"},
        set(),
    ),
    "the fake IRC network": (
        {"bridges.irc.fake"},
        {"bridgekit=", "bridgekit.testing.contract", "bridges.irc"},
        set(),
    ),
    "the IRC adapter": (
        {"bridges.irc"},
        {"bridgekit=", "bridges.irc", "pydantic", "irc", "jaraco", "scramp", "typer"},
        {"bridges.irc.fake"},
    ),
    "the fake Slack": (
        {"bridges.slack.fake"},
        {"bridgekit=", "bridgekit.testing.contract", "bridges.slack", "pydantic", "aiohttp"},
        set(),
    ),
    "the Slack adapter": (
        {"bridges.slack"},
        {"bridgekit=", "bridges.slack", "pydantic", "aiohttp", "slack_sdk", "yarl"},
        {"bridges.slack.fake"},
    ),
    "the fake gateways": (
        {"bridges.sms.fake"},
        {"bridgekit=", "bridgekit.testing.contract", "bridgekit.testing.servers", "bridges.sms"}
        | {"pydantic", "aiohttp", "yarl", "cryptography"},
        set(),
    ),
    "the SMS adapter": (
        {"bridges.sms"},
        {"bridgekit=", "bridges.sms", "pydantic", "aiohttp"}
        | {"cryptography", "gsm0338", "phonenumbers"},
        {"bridges.sms.fake"},
    ),
    "the fake Telegram": (
        {"bridges.telegram.fake"},
        {"bridgekit=", "bridgekit.testing.contract", "bridges.telegram"}
        | {"aiohttp", "PIL", "pydantic"},
        set(),
    ),
    "the Telegram adapter": (
        {"bridges.telegram"},
        {"bridgekit=", "bridges.telegram", "aiohttp", "PIL", "pydantic", "telegram"}
        | {"rlottie_python"},
        {"bridges.telegram.fake"},
    ),
    "an adapter": ({"bridges"}, {"bridgekit=", "pydantic"}, set()),
    "the template": (
        {"bridgekit.cli.adapter-template"},
        {"bridgekit=", "bridgekit.testing.contract", "matrix_bridgekit_tinychat"}
        | {"aiohttp", "pydantic", "pytest"},
        set(),
    ),
    "testing": (TESTING | {"bridgekit.cli.dev", "bridgekit.cli.rehearsal"}, ANYTHING, {"bridges"}),
    "composition": (TOP, ANYTHING, TESTING | {"bridges"}),
    "services": (
        ANYTHING,
        ANYTHING,
        TOP | TESTING | {"mautrix", "sqlalchemy", "alembic", "bridges"},
    ),
}
# What only a type checker imports: the host's signature names aiohttp's routes.
FOR_TYPES_ONLY = {("bridgekit.hosting", "aiohttp")}


def within(module: str, packages: set[str]) -> bool:
    """Whether a module is in one of the packages; "x=" means x itself, "" everything."""
    return any(
        package in ("", f"{module}=") or f"{module}.".startswith(f"{package}.")
        for package in packages
    )


def name_of(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST, modules: set[str], package: list[str]) -> Iterator[tuple[str, int]]:
    """Every imported module with its line; `from package import module` names the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield (inner if inner in modules else source), node.lineno


def typing_lines(tree: ast.AST) -> set[int]:
    """The lines under `if TYPE_CHECKING:`."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    ]
    return {inner.lineno for block in blocks for inner in block.body}


def broken_rules(root: Path) -> list[str]:
    """A sentence for each import that no rule allows."""
    files = sorted([*(root / "bridgekit").rglob("*.py"), *(root / "bridges").rglob("*.py")])
    modules = {name_of(file, root) for file in files}
    broken = []
    for file in files:
        module, tree = name_of(file, root), ast.parse(file.read_text("utf-8"))
        layer, (_, allowed, forbidden) = next(
            (name, rule) for name, rule in LAYERS.items() if within(module, rule[0])
        )
        package = module.split(".")[: None if file.stem == "__init__" else -1]
        for imported, line in imports(tree, modules, package):
            library = imported.split(".")[0]
            exempt = (module, library) in FOR_TYPES_ONLY and line in typing_lines(tree)
            if exempt or library in sys.stdlib_module_names:
                continue
            if not within(imported, allowed) or within(imported, forbidden):
                where = f"{file.relative_to(root)}:{line}"
                broken.append(f"{where} imports {imported}, which {layer} must not; see LAYERS")
    return broken


def test_no_module_imports_what_its_layer_must_not() -> None:
    assert broken_rules(ROOT) == []


@pytest.mark.parametrize(
    ("path", "source", "imported", "layer"),
    [
        ("bridgekit/events.py", "import aiohttp", "aiohttp", "pure"),
        (
            "bridgekit/models.py",
            "from bridgekit.lanes.queue import Lane",
            "bridgekit.lanes.queue",
            "pure",
        ),
        (
            "bridgekit/models.py",
            "from bridgekit.lanes import queue",
            "bridgekit.lanes.queue",
            "pure",
        ),
        ("bridgekit/models.py", "from .lanes.queue import Lane", "bridgekit.lanes.queue", "pure"),
        ("bridgekit/models.py", "from .lanes import queue", "bridgekit.lanes.queue", "pure"),
        ("bridgekit/models.py", "def f():\n    import mautrix", "mautrix", "pure"),
        ("bridgekit/hosting.py", "import aiohttp", "aiohttp", "pure"),
        (
            "bridgekit/__init__.py",
            "from .lanes.queue import Lane",
            "bridgekit.lanes.queue",
            "the public face",
        ),
        ("bridgekit/richtext/nodes.py", "import aiohttp", "aiohttp", "richtext"),
        (
            "bridgekit/configuration/config.py",
            "import sqlalchemy",
            "sqlalchemy",
            "settings",
        ),
        ("bridgekit/store/tables.py", "import mautrix.api", "mautrix.api", "store"),
        (
            "bridgekit/store/tables.py",
            "from bridgekit.lanes.queue import x",
            "bridgekit.lanes.queue",
            "store",
        ),
        ("bridgekit/store/tables.py", "import bridgekit.matrix", "bridgekit.matrix", "store"),
        ("bridgekit/matrix/server.py", "from bridgekit import store", "bridgekit.store", "matrix"),
        ("bridgekit/matrix/server.py", "from sqlalchemy import text", "sqlalchemy", "matrix"),
        ("bridgekit/lanes/queue.py", "from sqlalchemy import text", "sqlalchemy", "services"),
        ("bridgekit/to_matrix/message.py", "from mautrix import api", "mautrix", "services"),
        ("bridgekit/lanes/queue.py", "import bridges.irc", "bridges.irc", "services"),
        ("bridgekit/lanes/queue.py", "import bridgekit.cli.run", "bridgekit.cli.run", "services"),
        ("bridgekit/cli/run.py", "from bridges import irc", "bridges", "composition"),
        ("bridgekit/bridge.py", "import bridges.irc", "bridges.irc", "composition"),
        ("bridgekit/bridge.py", "import bridgekit.testing.rig", "bridgekit.testing.rig", "composi"),
        ("bridgekit/cli/run.py", "from bridgekit import testing", "bridgekit.testing", "composi"),
        ("bridgekit/lanes/queue.py", "import bridgekit.testing", "bridgekit.testing", "services"),
        (
            "bridgekit/cli/adapter-template/src/matrix_bridgekit_tinychat/client.py",
            "from bridgekit.lanes import queue",
            "bridgekit.lanes.queue",
            "the template",
        ),
        ("bridgekit/cli/dev.py", "import bridges.irc", "bridges.irc", "testing"),
        ("bridges/irc/client.py", "from bridgekit.events import x", "bridgekit.events", "the IRC"),
        (
            "bridges/irc/client.py",
            "from bridgekit.lanes import queue",
            "bridgekit.lanes.queue",
            "the IRC",
        ),
        ("bridges/irc/client.py", "import aiohttp", "aiohttp", "the IRC adapter"),
        ("bridges/irc/client.py", "import bridges.irc.fake.x", "bridges.irc.fake.x", "the IRC ad"),
        ("bridges/irc/fake/x.py", "import bridgekit.testing.rig", "bridgekit.testing.rig", "the f"),
        ("bridges/irc/client.py", "import bridges.slack", "bridges.slack", "the IRC adapter"),
        ("bridges/slack/client.py", "import bridges.irc", "bridges.irc", "the Slack adapter"),
        (
            "bridges/slack/client.py",
            "import bridges.slack.fake",
            "bridges.slack.fake",
            "the Slack adapter",
        ),
    ],
)
def test_a_broken_rule_is_named(
    tmp_path: Path, path: str, source: str, imported: str, layer: str
) -> None:
    there = ("lanes/queue.py", "store/__init__.py", "testing/__init__.py")
    for name in {path, *(f"bridgekit/{one}" for one in there)}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / path).write_text(source)
    (sentence,) = broken_rules(tmp_path)
    assert sentence.startswith(
        f"{path}:{source.count(chr(10)) + 1} imports {imported}, which {layer}"
    )


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("bridgekit/events.py", "import json\nfrom bridgekit.ids import ChatID"),
        ("bridgekit/hosting.py", "if TYPE_CHECKING:\n    from aiohttp.web import X"),
        ("bridgekit/lanes/queue.py", "from bridgekit.store import jobs\nimport structlog"),
        ("bridgekit/bridge.py", "import bridgekit.store, bridgekit.matrix, sqlalchemy"),
        ("bridgekit/testing/rig.py", "from bridgekit.bridge import Bridge"),
        ("bridgekit/cli/rehearsal/acts.py", "import bridgekit.testing.rig"),
        ("bridges/irc/client.py", "from bridgekit import Client\nfrom irc.features import X"),
    ],
)
def test_what_the_design_allows_is_allowed(tmp_path: Path, path: str, source: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(source)
    assert broken_rules(tmp_path) == []
