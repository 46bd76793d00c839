"""Logins: whose they are, and how they stay connected."""
