"""The demo with a network that is played: any whose adapter names a fake (`bridgekit.fakes`)."""
