"""Runs a program in process and reads the resources: tree, differences, diagram."""

from .program import run, run_stack
from .resource import UNKNOWN, Plan, PlannedResource

__all__ = ["UNKNOWN", "Plan", "PlannedResource", "run", "run_stack"]
