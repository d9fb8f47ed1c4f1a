"""The topics of an environment. Each is a titled frame in a diagram; the record of a resource type names its own."""

from enum import Enum


class Topic(Enum):
    """A topic: the title of its frame, and the frame's colour, which only repeats what the title says."""

    DATA = ("Data", "#fef9c3")
    BATCH = ("Batch scoring", "#ffedd5")
    WORKSPACE = ("Machine-learning workspace", "#fef3c7")
    COMPUTE = ("Compute for jobs", "#ffe4e6")
    PARTS = ("Storage, keys and images", "#e2e8f0")
    SERVING = ("Models served", "#fae8ff")
    AI = ("AI services", "#ede9fe")
    SPARK = ("Spark", "#e0e7ff")
    HOST = ("Where models run", "#cffafe")
    NETWORK = ("Network", "#dbeafe")
    IDENTITY = ("Identities and roles", "#dcfce7")
    OPERATIONS = ("Monitoring and limits", "#ecfccb")
    OTHER = ("Other resources", "#f1f5f9")

    def __init__(self, title: str, fill: str) -> None:
        self.title = title
        self.fill = fill
