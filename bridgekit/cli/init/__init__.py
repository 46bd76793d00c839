"""`bridgekit init`: what it asks, what it finds out by itself, and what it writes."""
