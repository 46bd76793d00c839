"""Registrations of any bridge: read, checked alone and together, compared, changed."""
