"""Runs a program in this process and shows its resources as a tree, as differences or as a diagram."""

from .program import run, run_stack
from .resource import UNKNOWN, Plan, PlannedResource

__all__ = ["UNKNOWN", "Plan", "PlannedResource", "run", "run_stack"]
