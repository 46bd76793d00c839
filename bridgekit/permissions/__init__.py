"""Who may do what with the bridge: rules by person, server and everybody, and which one decided."""
