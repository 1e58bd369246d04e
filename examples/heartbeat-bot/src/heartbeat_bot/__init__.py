"""A bot that beats."""
