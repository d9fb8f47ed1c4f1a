"""Checks that compare parts of an environment. Each function takes only the parts that it compares."""
