"""What measuring needs beyond the library: the extra `measure`, which loads on use."""

from importlib.util import find_spec

from azure_mlplatform.foundation.problems import Problem, ProblemsError


def needs_extra(what: str, *modules: str) -> None:
    """Raises a ProblemsError if a module is not installed. `what` is what needs it, such as `endpoint profile`."""
    missing = [each for each in modules if not _is_there(each)]
    if missing:
        problem = f"{what} needs azure-mlplatform[measure], and {' and '.join(missing)} cannot be imported"
        raise ProblemsError([Problem((), problem, "Run: pip install 'azure-mlplatform[measure]'")])


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        # The package above it is missing.
        return False
