"""What a running bridge consists of, put together."""
