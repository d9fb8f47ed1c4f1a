"""Scoring servers, and the data plane that leads to them, in processes of their own on loopback."""
