"""`bridgekit registration`: printed, checked, compared with the homeserver, and renewed."""
