"""`python -m bridgekit.cli` is `bridgekit`, also where no script is installed."""

from bridgekit.cli.app import main

main()
