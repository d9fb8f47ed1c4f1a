"""The rules for tags: Azure's limits, and the tags that the library sets itself."""

from collections.abc import Iterator, Mapping

from .violations import Path, Violation

REQUIRED = (
    "project",
    "data-product",
    "environment",
    "owner-team",
    "cost-center",
    "managed-by",
)
"""The tags on every resource."""

OPTIONAL = ("owner-email", "cost-code", "expires-on")
"""The tags on every resource if the settings give their value."""

FOR_STRESS_TESTS = ("purpose", "stress-test")
"""The tag of what is made to be tested under load. Its environment is of the kind prod, and nobody relies on it."""

_ILLEGAL = set("<>%&\\?/")
MOST = 50
"""The maximum number of tags of a resource ("Use tags to organize your Azure resources", Azure Resource Manager)."""


def tag_violations(tags: Mapping[str, str], path: Path) -> Iterator[Violation]:
    """A violation for each tag that Azure or the library refuses, and one if there are too many."""
    if len(tags) > MOST - len(REQUIRED) - len(OPTIONAL):
        yield Violation(
            path,
            len(tags),
            f"{len(tags)} tags are too many",
            f"Remove some: Azure allows {MOST} per resource, and the library sets {len(REQUIRED) + len(OPTIONAL)}",
        )
    for name, value in tags.items():
        at = (*path, name)
        if name.lower() in (*REQUIRED, *OPTIONAL):
            yield Violation(at, value, f"the tag '{name}' is set by the library", "Choose another name, or remove it")
        elif not name or len(name) > 512 or _ILLEGAL & set(name):
            yield Violation(
                at,
                name,
                f"'{name}' is not a valid tag name",
                r"Allowed: up to 512 characters without < > % & \ ? /",
            )
        if len(value) > 256:
            yield Violation(at, value, f"the value of tag '{name}' has {len(value)} characters", "Allowed: up to 256")
