"""What is written: SVG that every viewer reads, PNG, and Mermaid."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.plan.diagram import png as png_module
from azure_mlplatform.plan.diagram.draw import FORMATS, drawn, picture
from azure_mlplatform.plan.diagram.mermaid import markdown, mermaid
from azure_mlplatform.plan.diagram.picture import Box, Flow, Frame, Heading, Shown, View
from azure_mlplatform.plan.diagram.png import DiagramError, check, png
from azure_mlplatform.plan.diagram.sheet import Border
from azure_mlplatform.plan.diagram.svg import INK, MUTED, svg
from azure_mlplatform.resource_types.topic import Topic
from support.diagrams import crowded, sheet_of
from support.stacks import IDS, ROOT, STACKS, plan_of

SVG = "{http://www.w3.org/2000/svg}"
VIEWS = list(View)
EVERY = [
    pytest.param(*stack, view, id=f"{id_}-{view}") for stack, id_ in zip(STACKS, IDS, strict=True) for view in VIEWS
]
REFERENCE = STACKS[IDS.index("reference-prod")]
JUDGE = Path(__file__).parent / "mermaid"
COMMITTED = [pytest.param(stack, view, id=f"{view}-{stack}") for stack in ("dev", "prod") for view in VIEWS]


@pytest.mark.parametrize(("folder", "stack", "view"), EVERY)
def test_an_svg_names_and_describes_itself_and_brings_its_background(folder, stack, view):
    made = sheet_of(folder, stack, view)
    root = ET.fromstring(svg(made))  # noqa: S314 - our own picture
    assert root.get("viewBox") == f"0 0 {float(root.get('width', '')):g} {float(root.get('height', '')):g}"
    assert root.get("aria-labelledby") == "title description"
    assert {each.get("id"): bool(each.text) for each in root if each.get("id")} == {"title": True, "description": True}
    background = root.find(f"{SVG}rect")
    assert background is not None
    assert [background.get(each) for each in ("width", "height", "fill")] == [
        root.get("width"),
        root.get("height"),
        "#ffffff",
    ]
    assert len(root.findall(f"{SVG}text")) == len(made.texts)
    for rectangle, element in zip(made.rectangles, root.findall(f"{SVG}rect")[1:], strict=True):
        assert (element.findtext(f"{SVG}title") or "") == rectangle.tip


def test_a_picture_asks_for_fonts_that_are_everywhere():
    text = svg(sheet_of(*REFERENCE, View.OVERVIEW))
    [family] = re.findall("font-family:([^;}]+)", text)
    assert family.split(", ")[-1] == "sans-serif"
    assert "url(" not in text
    assert not re.search("href|<image|<use|@import", text)


def luminance(colour):
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_text_stands_out_from_what_is_behind_it():
    fills = {each.fill for param in EVERY for each in sheet_of(*param.values).rectangles} - {"none"}
    for fill in fills | {each.fill for each in Topic}:
        for ink in (INK, MUTED):
            light, dark = sorted((luminance(fill), luminance(ink)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (fill, ink)


def test_nothing_is_said_by_colour_alone():
    """Frames have a title, borders a pattern, and both are in the legend or in words."""
    assert len({each.title for each in Topic}) == len(Topic)
    made = svg(sheet_of(*REFERENCE, View.NETWORK))
    patterns = {
        line: re.findall(rf"\.{line}{{([^}}]+)}}", made) for line in (Border.SOLID, Border.DASHED, Border.DOTTED)
    }
    assert len({tuple(re.findall("dasharray:([^;]*)", each[0])) for each in patterns.values()}) == 3
    for words in ("made here", "run by others", "only in another environment"):
        assert made.count(f">{words}</text>") == 1


@given(st.text(), st.text())
def test_any_name_gives_a_well_formed_svg(name, line):
    box = Box(key="k", words=name, name=name, lines=(line,))
    flow = Flow(
        heading=Heading(project=name, stack="dev", view=View.OVERVIEW, facts=line),
        columns=((Frame(title="t", fill="#ffffff", boxes=(box,), counted=name),),),
        arrows=(),
        shown=Shown(),
    )
    from azure_mlplatform.plan.diagram.flow_layout import flow_sheets

    [made] = flow_sheets([flow])
    ET.fromstring(svg(made).encode())  # noqa: S314 - our own picture
    assert_is_mermaid(mermaid(flow))


def test_a_png_has_twice_the_pixels_of_the_svg():
    try:
        check()
    except DiagramError as error:
        pytest.skip(str(error))
    made = sheet_of(*REFERENCE, View.OVERVIEW)
    image = png(svg(made))
    assert image.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", image[16:24])
    assert (width, height) == (made.width * 2, made.height * 2)


def test_without_resvg_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(DiagramError, match=r"(?s)needs resvg.*pip install 'azure-mlplatform\[diagram\]'"):
        drawn(plan_of(*REFERENCE), View.OVERVIEW, ".png")


def test_without_a_font_the_message_says_so(monkeypatch):
    monkeypatch.setattr(png_module, "rendered", lambda _svg, zoom=1: b"nothing")
    png_module.has_fonts.cache_clear()
    try:
        with pytest.raises(DiagramError, match="this machine has none of Helvetica"):
            check()
    finally:
        png_module.has_fonts.cache_clear()


@pytest.mark.parametrize("ending", [each for each in FORMATS if each != ".png"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_same_plan_gives_the_same_bytes(ending, view):
    folder, stack = REFERENCE
    among = [plan_of(*each) for each in STACKS if each[0] == folder]
    assert drawn(plan_of(folder, stack), view, ending, among) == drawn(plan_of(folder, stack), view, ending, among)


# Every line that the writer may write. Mermaid's own grammar is far wider.
QUOTED = r"\"[^\"`<>]*(?:<(?:b|/b|br/)>[^\"`<>]*)*\""
LINE = [
    re.compile(each)
    for each in (
        r"flowchart LR",
        r"  acc(Title|Descr): [^#;{}\n]*",
        rf"  subgraph (?P<frame>\w+)\[{QUOTED}\]",
        rf"    (?P<node>\w+)\[{QUOTED}\]:::(own|others)",
        r"  end",
        r"  style (?P<styled>\w+) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}",
        rf"  (?P<source>\w+) -->(\|{QUOTED}\|)? (?P<target>\w+)",
        r"  classDef (own|others) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}(,stroke-dasharray:6 3)?",
    )
]


def assert_is_mermaid(text):
    found = {each: [] for each in ("frame", "node", "styled", "source", "target")}
    for line in text.splitlines():
        matches = [match for each in LINE if (match := each.fullmatch(line))]
        assert len(matches) == 1, line
        for name, value in matches[0].groupdict().items():
            found[name].append(value)
    names = [*found["frame"], *found["node"]]
    assert len(set(names)) == len(names)
    assert {*found["source"], *found["target"]} <= set(found["node"])
    assert found["styled"] == found["frame"]
    assert text.count("  end\n") == len(found["frame"])
    # What Mermaid draws at most: https://mermaid.js.org/config/schema-docs/config.html (maxTextSize, maxEdges).
    assert len(text) <= 50_000
    assert len(found["source"]) <= 500


@pytest.mark.parametrize(("folder", "stack", "view"), EVERY)
def test_mermaid_is_of_its_grammar(folder, stack, view):
    text = mermaid(picture(plan_of(folder, stack), view))
    assert_is_mermaid(text)
    assert markdown(picture(plan_of(folder, stack), view)).endswith(f"```mermaid\n{text}```\n")


@pytest.mark.parametrize("view", VIEWS)
def test_mermaid_of_a_crowded_plan_is_not_too_much_for_it(view):
    assert_is_mermaid(mermaid(picture(crowded(), view)))


@pytest.mark.slow
def test_mermaid_itself_parses_what_is_written(tmp_path):
    """The judge is Mermaid's own parser, from npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm and node are not installed")
    shutil.copytree(JUDGE, tmp_path / "judge")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=tmp_path / "judge", capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install the judge: {installed.stderr[-300:]}")
    odd = Flow(
        heading=Heading(project='a "b" #c;', stack="dev", view=View.OVERVIEW, facts="x: {y} [z] `q` | end"),
        columns=(
            (Frame(title='end "x"', fill="#ffffff", boxes=(Box(key="k", words="end", name="<b>`*_[]{}()|\\#;"),)),),
        ),
        arrows=(),
        shown=Shown(),
    )
    texts = [mermaid(picture(plan_of(folder, stack), view)) for folder, stack in STACKS for view in VIEWS]
    texts += [mermaid(picture(crowded(), view)) for view in VIEWS] + [mermaid(odd), "flowchart LR\n  a[x --> b"]
    done = subprocess.run(
        [node, "parse.mjs"],
        cwd=tmp_path / "judge",
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    *found, broken = json.loads(done.stdout)
    assert found == [None] * (len(texts) - 1)
    assert "Parse error" in broken


@pytest.mark.parametrize(("stack", "view"), COMMITTED)
def test_the_pictures_of_the_readme_are_those_of_the_reference_project(stack, view):
    """`make golden` writes them anew."""
    file = ROOT / "docs" / "pictures" / f"{view}-{stack}.svg"
    made = svg(sheet_of(ROOT, stack, view))
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(made, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == made, f"{file} is out of date: make golden"


def test_the_readme_shows_every_view():
    readme = (ROOT / "README.md").read_text()
    for view in VIEWS:
        assert re.search(rf"!\[[^]]+\]\(docs/pictures/{view}-prod\.svg\)", readme)
