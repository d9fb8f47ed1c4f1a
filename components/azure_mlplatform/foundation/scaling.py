"""Checks the lower and upper bound of something that scales."""

from collections.abc import Iterator

from .model import Settings
from .violations import Violation


def scaling_violations(settings: Settings, what: str) -> Iterator[Violation]:
    """A violation if `max_<what>` is less than `min_<what>`. A bound that is not set is ignored."""
    least, most = getattr(settings, f"min_{what}"), getattr(settings, f"max_{what}")
    if least is not None and most is not None and most < least:
        yield Violation(
            (f"max_{what}",),
            most,
            f"max_{what} {most} is less than min_{what} {least}",
            f"Raise max_{what} or lower min_{what}",
        )
