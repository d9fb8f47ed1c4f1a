"""Every setting by its name, with the field that declares it."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Optional, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ..environment.settings.environment import PROJECT_KEYS
from ..foundation.field_docs import field_docs
from ..foundation.model import Settings


@dataclass(frozen=True)
class Shape:
    """The form of a value."""

    item: Any
    """The type of the value, or of each item in it."""

    container: str = ""
    """`list`, `dict`, or empty for a single value."""

    optional: bool = False
    """Whether it may be left out without a default."""

    @property
    def model(self) -> Optional[type[Settings]]:
        """The model of the keys below it."""
        return self.item if isinstance(self.item, type) and issubclass(self.item, Settings) else None

    @property
    def choices(self) -> Optional[type[StrEnum]]:
        """The allowed texts."""
        return self.item if isinstance(self.item, type) and issubclass(self.item, StrEnum) else None

    @property
    def brackets(self) -> str:
        """The brackets by which a full name shows the container."""
        return {"list": "[]", "dict": "{}"}.get(self.container, "")


@dataclass(frozen=True)
class Setting:
    """A setting."""

    name: str
    """Its name as somebody types it, such as `workspace.clusters.vm_size`."""

    full_name: str
    """Its name with `[]` for items of a list and `{}` for a mapping, such as `workspace.clusters[].vm_size`."""

    owner: type[Settings]
    """The model that declares it."""

    field: str
    shape: Shape
    root: type[Settings]
    """The model of the whole, which says whose program's setting it is."""

    @property
    def info(self) -> FieldInfo:
        """The declared field."""
        return self.owner.model_fields[self.field]

    @property
    def meaning(self) -> str:
        """The docstring of the field."""
        return field_docs(self.owner).get(self.field, "")

    @property
    def top(self) -> str:
        """The key in the file that it is below."""
        return self.name.partition(".")[0]

    @property
    def in_project_file(self) -> bool:
        """Whether it stands in Pulumi.yaml."""
        return self.top in PROJECT_KEYS


@cache
def settings_tree(model: type[Settings]) -> dict[str, Setting]:
    """Name → setting, each before those below it."""
    return {each.name: each for each in _below(model, "", "", model)}


def values_of(model: type[Settings]) -> list[Setting]:
    """The settings that have a value of their own: no keys below them."""
    return [each for each in settings_tree(model).values() if each.shape.model is None]


def _below(model: type[Settings], name: str, full_name: str, root: type[Settings]) -> Iterator[Setting]:
    for field, info in model.model_fields.items():
        shape = shape_of(info.annotation)
        own = f"{name}.{field}" if name else field
        full = f"{full_name}.{field}" if full_name else field
        yield Setting(own, f"{full}{shape.brackets}", model, field, shape, root)
        if shape.model is not None:
            yield from _below(shape.model, own, f"{full}{shape.brackets}", root)


def shape_of(annotation: Any) -> Shape:
    """The shape of an annotation. Of a union, that of its first member that is not None."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        first = shape_of(next(each for each in arguments if each is not type(None)))
        return Shape(first.item, first.container, type(None) in arguments)
    if origin in (list, dict):
        return Shape(shape_of(arguments[-1]).item, origin.__name__)
    return Shape(annotation)
