"""Texts of a picture, in the room that they have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.plurals import counted, listed, plural
from azure_mlplatform.plan.diagram.png import DiagramError, check, rendered
from azure_mlplatform.plan.diagram.sheet import BOLD, SIZES, Border, Rectangle, Sheet, Style, Text
from azure_mlplatform.plan.diagram.svg import svg
from azure_mlplatform.plan.diagram.words import fitted, width, wrapped

ROOMS = st.floats(20, 400)


@given(st.text(max_size=100), ROOMS, st.booleans())
def test_a_text_never_needs_more_than_its_room(text, room, bold):
    made = fitted(text, room, 11, bold=bold)
    assert width(made, 11, bold=bold) <= room
    assert made == text or "…" in made


@given(st.text(max_size=100), ROOMS, st.integers(1, 4))
def test_a_wrapped_text_has_few_rows_and_none_is_too_wide(text, room, rows):
    made = wrapped(text, room, 11, rows=rows)
    assert 1 <= len(made) <= rows
    assert all(width(each, 11) <= room for each in made)


@given(st.text("abc -/.:", max_size=60))
def test_wrapping_loses_nothing_where_there_is_room(text):
    made = wrapped(text, 60, 11, rows=60)
    assert "".join(made).replace(" ", "") == text.replace(" ", "")


def test_a_shortened_name_keeps_its_beginning_and_its_end():
    assert fitted("id-churn-endpoint-scoring-prod", 100, 11) == "id-chur…ng-prod"


@pytest.mark.parametrize(
    ("words", "many"),
    [("identity", "identities"), ("alert", "alerts"), ("address", "addresses"), ("gateway", "gateways")],
)
def test_plurals(words, many):
    assert (plural(words), counted(1, words), counted(2, words)) == (many, f"1 {words}", f"2 {many}")


def test_a_long_list_says_how_many_more():
    assert listed("abc", most=3) == "a, b, c"
    assert listed("abcd", most=3) == "a, b and 2 more"
    assert listed([], most=3) == ""


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize(
    "text", ["WWWWWWWW", "iiiiiiii", "".join(map(chr, range(32, 80))), "".join(map(chr, range(80, 127))), "äöüé…·"]
)
def test_letters_that_are_drawn_take_no_more_room_than_computed(style, text):
    """The judge is resvg with this machine's fonts: a white cover right of the computed end hides nothing."""
    try:
        check()
    except DiagramError as error:
        pytest.skip(str(error))
    size = SIZES[style]
    letters = Text(x=10, y=30, text=text, style=style)
    end = 10 + width(text, size, bold=style in BOLD)
    sheets = [
        Sheet(width=1200, height=50, title="", description="", rectangles=cover, texts=(letters,))
        for cover in ((), (Rectangle(x=end + 1, y=0, width=1200 - end, height=50, border=Border.STRIPE),))
    ]
    bare, covered = (svg(each) for each in sheets)
    # Texts come last in a sheet, so the cover is put after them.
    [cover] = [line for line in covered.splitlines() if line.startswith('<rect class="stripe"')]
    covered = bare.replace("</svg>", f"{cover}</svg>")
    assert rendered(bare) == rendered(covered)
    assert rendered(bare) != rendered("\n".join(line for line in bare.splitlines() if not line.startswith("<text")))
