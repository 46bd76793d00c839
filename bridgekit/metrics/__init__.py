"""How the bridge is, in numbers: read from what is counted anyway, when somebody asks."""
