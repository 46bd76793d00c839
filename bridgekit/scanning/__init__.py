"""The content scan: what crosses is looked through before it goes on, by a program of others."""
