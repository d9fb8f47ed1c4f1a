from collections.abc import Iterator
from typing import Optional

import pytest
from pydantic import Field, ValidationError

from azure_mlplatform.catalogue.regions import region
from azure_mlplatform.foundation.rules import field_rule
from azure_mlplatform.foundation.values import private_range
from azure_mlplatform.foundation.violations import UnreadableError, prefixed_each
from azure_mlplatform.settings import SECRET, Encrypted, Settings, Violation, check
from support.violations import problems, refused


class Inner(Settings):
    low: int = 0
    high: int = 10

    @check
    def _ordered(self) -> Iterator[Violation]:
        if self.low > self.high:
            yield Violation(("low",), self.low, f"{self.low} is more than {self.high}", "Lower it")

    @check
    def _positive(self) -> Iterator[Violation]:
        if self.low < 0:
            yield Violation(("low",), self.low, f"{self.low} is negative", "Raise it")


class Outer(Settings):
    name: str = Field(pattern="^[a-z]+$")
    inner: Inner = Field(default_factory=Inner)
    many: list[Inner] = Field(default_factory=list)
    place: Optional[str] = None
    spaces: list[str] = Field(default_factory=list)
    size: float = 1.0

    _place = field_rule(region, "place")
    _spaces = field_rule(private_range, "spaces")

    @check
    def _name_and_size(self) -> Iterator[Violation]:
        if self.name == "big" and self.size < 5:
            yield Violation(("size",), self.size, "too small for big", "Raise it")


def test_a_model_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Outer(name="a"), "name", "b")  # noqa: B010 - a type checker refuses the assignment itself


def test_every_check_of_a_model_speaks():
    assert [each.what for each in problems(Inner, {"low": -1, "high": -2})] == ["-1 is more than -2", "-1 is negative"]


def test_problems_of_all_depths_come_at_once_with_their_paths():
    assert refused(
        Outer,
        {
            "name": "UPPER",
            "inner": {"low": 11},
            "many": [{}, {"low": -5}],
            "place": "nowhere",
            "spaces": ["10.0.0.0/24", "nothing"],
            "unknown": 1,
        },
    ) == ["name", "inner.low", "many[1].low", "place", "spaces[1]", "unknown"]


def test_a_check_runs_although_another_field_is_wrong():
    assert refused(Outer, {"name": "big", "place": "nowhere"}) == ["place", "size"]


def test_a_check_waits_for_the_fields_it_reads():
    assert refused(Outer, {"name": "big", "size": "small"}) == ["size"]
    assert problems(Outer, {"name": "big", "size": "small"})[0].what == "'small' is a text"


class Whole(Settings):
    outer: Outer
    limit: int = 1

    @check
    def _within(self) -> Iterator[Violation]:
        if self.outer.size > self.limit:
            yield Violation(("outer", "size"), self.outer.size, "more than the limit", "Lower it")


def test_a_check_reads_what_is_right_in_a_part_that_is_wrong():
    assert refused(Whole, {"outer": {"name": "a", "size": 3, "place": "nowhere"}}) == ["outer.place", "outer.size"]
    assert refused(Whole, {"outer": {"name": "a", "size": 3, "inner": {"low": 11}}}) == [
        "outer.inner.low",
        "outer.size",
    ]
    assert refused(Whole, {"outer": {"name": "a", "size": "x"}}) == ["outer.size"]
    assert refused(Whole, {"outer": 3}) == ["outer"]


def test_an_instance_is_taken_as_it_is():
    inner = Inner(low=1)
    assert Outer(name="a", inner=inner).inner is inner


def test_an_encrypted_text_passes_every_rule():
    model = Outer.model_validate({"name": Encrypted(), "place": None})
    assert model.name == SECRET


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"name": "a", "size": Encrypted()}, "size"),
        ({"name": "a", "inner": Encrypted()}, "inner"),
        ({"name": "a", "spaces": [Encrypted()]}, "spaces[0]"),
        ({"name": "a", "place": Encrypted()}, "place"),
    ],
)
def test_an_encrypted_value_that_must_be_computed_with_is_refused(data, path):
    [problem] = problems(Outer, data)
    assert path in str(problem)
    assert SECRET in problem.what
    assert "plain text" in problem.fix


def test_a_rule_hidden_by_a_field_is_found_when_the_model_is_made():
    with pytest.raises(TypeError, match="hidden by a field"):
        field_rule(Field(default=None), "place")  # type: ignore[arg-type]


class Misspelt(Settings):
    a: int = 0
    b: int = Field(default=0, ge=0)

    @check
    def _reads_what_there_is_not(self) -> Iterator[Violation]:
        if self.a == 5 and self.aa:  # type: ignore[attr-defined]
            yield Violation(("a",), self.a, "never", "")

    @check
    def _reads_a_wrong_field(self) -> Iterator[Violation]:
        yield Violation(("a",), self.a, f"with {self.b}", "")


@pytest.mark.parametrize("data", [{"a": 5}, {"a": 5, "b": -1}])
def test_a_mistake_in_a_check_is_not_hidden_by_another_field_that_is_wrong(data):
    with pytest.raises(AttributeError, match="aa"):
        Misspelt.model_validate(data)


def test_what_is_there_by_default_can_be_read_of_a_part():
    """`getattr` with a default is for attributes that a class may lack, not for fields that are wrong."""
    read = []

    class Part(Settings):
        low: int = Field(default=0, ge=0)

        @check
        def _reads(self) -> Iterator[Violation]:
            read.append(getattr(self, "high", None))
            read.append(getattr(self, "low", None))
            yield from ()

    assert refused(Part, {"low": -1}) == ["low"]
    assert read == [None]


def test_an_item_that_cannot_be_read_keeps_no_other_back():
    def rule(value: int) -> Iterator[Violation]:
        if value == 2:
            raise UnreadableError("low")
        yield Violation((), value, "is refused", "")

    found = prefixed_each(("items",), [1, 2, 3], rule)
    assert [next(found).path, next(found).path] == [("items", 0), ("items", 2)]
    with pytest.raises(UnreadableError):
        next(found)


def test_a_mistake_in_a_rule_for_the_items_of_a_list_is_not_hidden():
    def rule(value: int) -> Iterator[Violation]:
        yield Violation((), value, "is refused", "")
        raise AttributeError("a typing error")

    violations = prefixed_each(("items",), [1, 2], rule)
    assert next(violations).path == ("items", 0)
    with pytest.raises(AttributeError, match="a typing error"):
        next(violations)
