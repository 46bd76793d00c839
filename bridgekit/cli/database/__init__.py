"""`bridgekit database`, `backup` and `restore`."""
