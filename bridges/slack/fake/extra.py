"""What the fake has of the contract, which is of an extra: without that it says what to install."""

import sys

try:
    from bridgekit.testing.contract import FakeNetwork, Heard, OtherChat, Silence
except ModuleNotFoundError as missing:
    if missing.name != "pytest" or sys.argv[:1] != ["-m"]:
        raise
    # So it is while `python -m` looks for what it is to run.
    sys.exit("The fake Slack needs the extra `testing`: pip install 'matrix-bridgekit[testing]'")

__all__ = ["FakeNetwork", "Heard", "OtherChat", "Silence"]
