"""Pictures that a person can read: nothing overlaps, clips or moves between environments."""

import itertools
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azure_mlplatform.plan.diagram.draw import drawn, sheet
from azure_mlplatform.plan.diagram.flow_layout import flow_sheets
from azure_mlplatform.plan.diagram.picture import Arrow, Box, Flow, Frame, Heading, Shown, Table, View
from azure_mlplatform.plan.diagram.sheet import Border, Style
from azure_mlplatform.plan.diagram.svg import svg
from azure_mlplatform.plan.diagram.table_layout import table_sheets
from support.diagrams import boxes, crowded, problems, sheet_of
from support.programs import SHARED_FACTORY, batch_in, whole
from support.stacks import IDS, STACKS, plan_of

VIEWS = list(View)
EVERY = [
    pytest.param(*stack, view, id=f"{id_}-{view}") for stack, id_ in zip(STACKS, IDS, strict=True) for view in VIEWS
]
PAIRS = [
    pytest.param(folder, view, id=f"{folder.name}-{view}")
    for folder in dict.fromkeys(folder for folder, _ in STACKS)
    for view in VIEWS
]


@pytest.mark.parametrize(("folder", "stack", "view"), EVERY)
def test_nothing_overlaps_or_clips_and_no_arrow_crosses_a_text(folder, stack, view):
    assert problems(sheet_of(folder, stack, view)) == []


@pytest.mark.parametrize(("folder", "stack", "view"), EVERY)
def test_a_view_fits_a_screen(folder, stack, view):
    made = sheet_of(folder, stack, view)
    assert made.width <= 1660
    assert made.height <= 1000
    assert len(svg(made).encode()) < 40_000


@pytest.mark.parametrize(("folder", "view"), PAIRS)
def test_the_same_thing_stands_at_the_same_place_in_every_environment(folder, view):
    sheets = [sheet_of(*each, view) for each in STACKS if each[0] == folder]
    for one, other in itertools.pairwise(sheets):
        assert (one.width, one.height) == (other.width, other.height)
        first, second = ({each.key: each.bounds for each in made.rectangles if each.key} for made in (one, other))
        assert first == second
        # A landing has no network, and the picture says so.
        assert len(first) > 1 or any("nothing that this view shows" in each.text for each in one.texts)
        titles = [{each.text: each.bounds for each in made.texts if each.style is Style.FRAME} for made in (one, other)]
        assert titles[0] == titles[1]


def test_what_only_another_environment_has_keeps_its_place_and_is_said():
    folder = STACKS[0][0]
    dev, prod = (sheet_of(folder, stack, View.OVERVIEW) for stack in ("dev", "prod"))
    assert [each.tip for each in boxes(dev) if each.border is Border.DOTTED] == ["compute cluster only in prod"]
    assert [each.tip for each in boxes(prod) if each.border is Border.DOTTED] == ["compute instance only in dev"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_layout_does_not_depend_on_what_is_asked_for(view):
    folder = STACKS[0][0]
    dev, prod = (plan_of(folder, each) for each in ("dev", "prod"))
    made = {drawn(dev, view, ".svg", among) for among in ([prod], [dev, prod], [prod, dev], (prod, dev, prod))}
    assert len(made) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_crowded_environment_fits_a_screen_too(view):
    made = sheet(crowded(), view)
    assert problems(made) == []
    assert (made.width <= 1660, made.height <= 1000) == (True, True)


def test_what_does_not_fit_is_said_in_words():
    texts = " ".join(each.text for each in sheet(crowded(), View.OVERVIEW).texts)
    assert re.search(r"and 1\d more: AI service", texts)
    assert re.search(r"and 1\d more: compute cluster", texts)


def test_a_view_without_anything_to_show_says_so():
    made = sheet(batch_in(SHARED_FACTORY), View.NETWORK)
    assert problems(made) == []
    assert "The plan has nothing that this view shows." in [each.text for each in made.texts]


@pytest.mark.parametrize("view", VIEWS)
def test_a_plan_with_unknown_values_is_drawn(view):
    made = sheet(whole("prod", preview=True, anew=True), view)
    assert problems(made) == []
    assert not [each.tip for each in boxes(made) if "[unknown]" in each.tip and each.border is Border.DASHED]


texts = st.sampled_from(
    [
        "",
        "a",
        "W" * 80,
        "i" * 300,
        "日本語" * 30,
        "one word " * 20,
        "aks-churn-prod-qj9eem",
        "\t\n",
        "https://x/y.z:" * 9,
    ]
)
lines = st.lists(texts, max_size=8).map(tuple)
slowly = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEYS = [f"{column}-{frame}-{index}" for column in range(4) for frame in range(3) for index in range(6)]


@st.composite
def a_box(draw, key):
    return Box(
        key=key,
        words=draw(texts),
        name=draw(texts),
        lines=draw(lines),
        outside=draw(st.booleans()),
        protected=draw(st.booleans()),
    )


@st.composite
def a_flow(draw, stack):
    """Any boxes in a fixed set of frames, and any arrows between them."""
    keys = draw(st.sets(st.sampled_from(KEYS), max_size=14))
    columns = tuple(
        tuple(
            Frame(
                title=f"frame {column} {frame}",
                fill="#ffffff",
                boxes=tuple(draw(a_box(key)) for key in sorted(keys) if key.startswith(f"{column}-{frame}-")),
                counted=draw(st.sampled_from(["", "2 locks"])),
            )
            for frame in range(3)
            if draw(st.booleans()) or any(key.startswith(f"{column}-{frame}-") for key in keys)
        )
        for column in range(4)
    )
    some = st.sampled_from(sorted(keys)) if keys else st.nothing()
    labels = st.sampled_from(["", "runs on", "private link", "a"])
    arrows = draw(st.sets(st.builds(Arrow, source=some, target=some, label=labels), max_size=8)) if keys else set()
    return Flow(
        heading=Heading(project=draw(texts), stack=stack, view=View.OVERVIEW, facts=draw(texts)),
        columns=columns,
        arrows=tuple(sorted((each for each in arrows if each.source != each.target), key=repr)),
        shown=Shown(),
    )


@slowly
@given(st.tuples(a_flow("dev"), a_flow("prod")))
def test_any_boxes_and_arrows_are_readable(flows):
    for made in flow_sheets(flows):
        assert problems(made) == []
        assert unlike(made) == []


def unlike(made):
    """Pairs of arrows that run on the same line, though they have no end in common: a reader would take one for the
    other. Two that leave the same box share their first piece, and two that reach the same box their last."""
    found = []
    for one, other in itertools.combinations(made.wires, 2):
        if one.points[0] == other.points[0] or one.points[-1] == other.points[-1]:
            continue
        for first in itertools.pairwise(one.points):
            for second in itertools.pairwise(other.points):
                if along(first, second):
                    found.append((one, other))
    return found


def along(first, second):
    """Whether two pieces share more than a point."""
    for axis in (0, 1):
        across = 1 - axis
        fixed = {point[across] for point in (*first, *second)}
        if len(fixed) == 1:
            spans = [sorted(point[axis] for point in piece) for piece in (first, second)]
            return max(spans[0][0], spans[1][0]) < min(spans[0][1], spans[1][1])
    return False


@pytest.mark.parametrize(("folder", "stack", "view"), EVERY)
def test_no_two_arrows_run_on_the_same_line(folder, stack, view):
    assert unlike(sheet_of(folder, stack, view)) == []


@st.composite
def a_table(draw, stack):
    principals = draw(st.sets(st.sampled_from([f"who{each:02}" for each in range(14)])))
    scopes = draw(st.sets(st.sampled_from([f"what{each:02}" for each in range(30)])))
    cells = (
        st.tuples(st.sampled_from(sorted(scopes)), st.sampled_from(sorted(principals)))
        if scopes and principals
        else st.nothing()
    )
    return Table(
        heading=Heading(project="p", stack=stack, view=View.IDENTITY, facts=""),
        principals=tuple(draw(a_box(key)) for key in sorted(principals)),
        scopes=tuple(draw(a_box(key)) for key in sorted(scopes)),
        roles=draw(st.dictionaries(cells, st.lists(texts, min_size=1, max_size=4).map(tuple))),
        shown=Shown(),
    )


@slowly
@given(st.tuples(a_table("dev"), a_table("prod")))
def test_any_table_is_readable(tables):
    for made in table_sheets(tables):
        assert problems(made) == []


def a_star(stack, reached):
    """A box that leads to some boxes of a frame with two."""
    names = ("from", "one", "two")
    start, one, two = (Box(key=each, words=each, name=each) for each in names)
    return Flow(
        heading=Heading(project="p", stack=stack, view=View.OVERVIEW, facts=""),
        columns=(
            (Frame(title="Left", fill="#ffffff", boxes=(start,)),),
            (Frame(title="Right", fill="#ffffff", boxes=(one, two)),),
        ),
        arrows=tuple(Arrow(source="from", target=each) for each in reached),
        shown=Shown(),
    )


def ends(made):
    """What the arrows of a picture lead to."""
    tips = {each.x: each.tip.split()[0] for each in made.rectangles if each.key or each.border is Border.FRAME}
    # The arrow of the legend leads to nothing.
    return [tips[wire.points[-1][0]] for wire in made.wires if wire.points[-1][0] in tips]


def test_an_arrow_to_a_frame_leads_to_every_box_in_it_in_every_environment():
    for made in flow_sheets([a_star("dev", ["one", "two"]), a_star("prod", ["one", "two"])]):
        assert ends(made) == ["Right"]
    dev, prod = flow_sheets([a_star("dev", ["one"]), a_star("prod", ["one", "two"])])
    assert (len(ends(dev)), len(ends(prod))) == (1, 2)
    assert "Right" not in (*ends(dev), *ends(prod))
