"""Encrypted rooms: our device, its keys, and what is said under them. Needs the extra `e2ee`."""
