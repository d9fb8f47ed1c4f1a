"""Helpers for several tests: programs to record, and servers on loopback."""
