"""`bridgekit`, on uvloop."""

import uvloop

from bridgekit.cli import main

if __name__ == "__main__":
    uvloop.install()
    main()
