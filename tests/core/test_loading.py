"""What a bridge loads when it starts: every module costs memory for as long as it runs."""

import subprocess
import sys

STARTING = """
import sys
import bridgekit.cli.app, bridges.irc
print(*sys.modules)
"""
FOR_SOME = {
    "alembic": "a database of an earlier release",
    "PIL": "pictures",
    "sqlalchemy.ext.asyncio": "PostgreSQL",
    "sqlalchemy.dialects.postgresql": "PostgreSQL",
    "irc.client": "nobody: our connections are our own",
    "bridgekit.testing": "tests",
}


def test_a_bridge_loads_what_only_some_need_when_they_need_it() -> None:
    command = [sys.executable, "-c", STARTING]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert {"aiohttp", "sqlalchemy"} <= loaded
    assert FOR_SOME.keys() & loaded == set()
