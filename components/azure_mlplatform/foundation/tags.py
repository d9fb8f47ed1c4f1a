"""What a tag may be, on Azure and beside the library's own."""

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
"""The tags that stand on every resource."""

OPTIONAL = ("owner-email", "cost-code", "expires-on")
"""The tags that stand there where the settings give their value."""

_ILLEGAL = set("<>%&\\?/")
MOST = 50
"""Tags a resource may have (Azure Resource Manager, "Use tags to organize your Azure resources")."""


def tag_violations(tags: Mapping[str, str], path: Path) -> Iterator[Violation]:
    """What Azure or the library refuses in `tags`."""
    if len(tags) > MOST - len(REQUIRED) - len(OPTIONAL):
        yield Violation(
            path,
            len(tags),
            f"{len(tags)} tags are too many",
            f"Azure takes {MOST} a resource, and the library sets {len(REQUIRED) + len(OPTIONAL)} of them",
        )
    for name, value in tags.items():
        at = (*path, name)
        if name.lower() in (*REQUIRED, *OPTIONAL):
            yield Violation(
                at, value, f"the tag '{name}' is set by the library", "Choose another name, or leave it out"
            )
        elif not name or len(name) > 512 or _ILLEGAL & set(name):
            yield Violation(
                at,
                name,
                f"'{name}' is no name for a tag",
                r"Allowed: up to 512 characters without < > % & \ ? /",
            )
        if len(value) > 256:
            yield Violation(at, value, f"the value of tag '{name}' has {len(value)} characters", "Allowed: up to 256")
