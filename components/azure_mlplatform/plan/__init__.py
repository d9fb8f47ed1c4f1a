"""Runs a program in this process and shows its resources as a tree, as differences or as a diagram."""

from typing import TYPE_CHECKING, Any

from .resource import UNKNOWN, Plan, PlannedResource

if TYPE_CHECKING:
    from .program import run, run_stack

__all__ = ["UNKNOWN", "Plan", "PlannedResource", "run", "run_stack"]


def __getattr__(name: str) -> Any:
    """Loads what needs Pulumi's SDK on first use: a check with kept results plans nothing."""
    if name not in ("run", "run_stack"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import program

    return getattr(program, name)
