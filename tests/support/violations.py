"""The problems that a model reports, as paths and messages."""

from typing import Any

from pydantic import BaseModel, ValidationError

from azure_mlplatform.foundation.problems import Problem, ProblemsError, dotted, problems_of


def problems(model: type[BaseModel], data: Any) -> list[Problem]:
    """The problems of `data`. Empty if it is valid."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        return problems_of(error, model)
    except ProblemsError as error:
        return list(error.problems)
    return []


def refused(model: type[BaseModel], data: Any) -> list[str]:
    """The paths of the problems."""
    return [dotted(each.path) for each in problems(model, data)]
