"""The colours of a diagram. The record of each resource type names the one of its topic."""

from enum import StrEnum


class Colour(StrEnum):
    """The colours of nodes, by topic."""

    NONE = "white"
    NETWORK = "#dbeafe"
    AI = "#ede9fe"
    MODEL = "#f5f3ff"
    IDENTITY = "#dcfce7"
    WORKSPACE = "#fef3c7"
    DATA = "#fef9c3"
    COMPUTE = "#ffedd5"
    HOST = "#cffafe"
    SERVING = "#fae8ff"
