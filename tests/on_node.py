"""Programs for node that others wrote, as `make servers` installs them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bridgekit.testing.servers import ServerMissing

_MODULES = Path(__file__).parents[1] / ".servers/node/node_modules"


def modules_of(package: str) -> tuple[str, Path]:
    """Node, and where the package is among others; raises `ServerMissing`."""
    modules = Path(os.environ.get("NODE_PATH", _MODULES))
    # Where the system's is too old, one that is new enough lies beside them.
    node = shutil.which("node", path=str(modules.parent / "bin")) or shutil.which("node")
    if node is None or not (modules / package).is_dir():
        raise ServerMissing(f"This needs node and its package {package} (`make servers`).")
    return node, modules
