"""`bridgekit doctor`: what it looks at, a file for each part of a set-up."""
