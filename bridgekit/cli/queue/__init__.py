"""`bridgekit queue`: what waits and what failed, looked at and mended."""
