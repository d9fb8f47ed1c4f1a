"""Checks across the parts of an environment: what one asks of another. A function takes just the parts it compares."""
