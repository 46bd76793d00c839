"""What ships for tests: a virtual clock, a fake homeserver, the loopback network, real servers."""
