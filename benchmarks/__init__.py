"""How fast the bridge is, beside the fastest thing that could do the same; see README.md."""
