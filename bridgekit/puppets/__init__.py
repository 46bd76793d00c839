"""Double puppets: people's own Matrix accounts, lent to the bridge, which speaks as them."""
