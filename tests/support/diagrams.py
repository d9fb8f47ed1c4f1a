"""Pictures that tests look at: those of all stacks of this repository, and of plans that no stack has."""

from functools import cache
from pathlib import Path
from typing import Any

from azure_mlplatform.plan import Plan
from azure_mlplatform.plan.diagram.draw import sheet
from azure_mlplatform.plan.diagram.picture import View
from azure_mlplatform.plan.diagram.sheet import Border, Rectangle, Sheet, Text

from .programs import BATCH, STORE, WORKSPACE, whole
from .stacks import STACKS, plan_of

BOXES = (Border.SOLID, Border.DASHED, Border.DOTTED)


@cache
def sheet_of(folder: Path, stack: str, view: View) -> Sheet:
    """A view of a stack of this repository, with the layout of its project."""
    return sheet(plan_of(folder, stack), view, [plan_of(*each) for each in STACKS if each[0] == folder])


def crowded() -> Plan:
    """An environment with more of everything than a screen shows."""
    letters = "abcdefghijklmnopqrst"
    job: dict[str, Any] = BATCH["jobs"][0]
    return whole(
        "prod",
        network={"address_space": ["10.20.0.0/20"]},
        ai_services=[{"name": f"svc{each}", "kind": "FormRecognizer"} for each in letters],
        inference=None,
        batch={**BATCH, "jobs": [{**job, "name": f"job{each}"} for each in letters]},
        workspace={
            **WORKSPACE,
            "clusters": [
                {"name": name, "vm_size": "Standard_D4ds_v4"} for name in ["cpu", *(f"cpu{each}" for each in letters)]
            ],
            "datastores": [
                STORE,
                *({**STORE, "name": f"sales{each}", "container": f"box{each}", "folders": []} for each in letters),
            ],
        },
    )


def boxes(drawn: Sheet) -> list[Rectangle]:
    """The boxes of a sheet, without its legend."""
    return [each for each in drawn.rectangles if each.border in BOXES and each.height > 14]


def overlap(one: "Rectangle | Text", other: "Rectangle | Text") -> bool:
    """Whether two things share some room."""
    left, top, right, bottom = one.bounds
    x, y, end, floor = other.bounds
    return left < end and x < right and top < floor and y < bottom


def problems(drawn: Sheet) -> list[str]:
    """What a reader of a sheet would stumble over: things that overlap, clip, or are crossed by an arrow."""
    found = []
    everything = Rectangle(x=0, y=0, width=drawn.width, height=drawn.height, border=Border.FRAME)
    solid = boxes(drawn)
    frames = [each for each in drawn.rectangles if each.border is Border.FRAME]
    for group in (solid, frames, list(drawn.texts)):
        for index, one in enumerate(group):
            found += [f"{one} overlaps {other}" for other in group[index + 1 :] if overlap(one, other)]
    for each in (*drawn.rectangles, *drawn.texts):
        if not everything.contains(each):
            found.append(f"{each} is cut off")
    for text in drawn.texts:
        touched = [each for each in (*solid, *frames) if overlap(each, text)]
        found += [f"{text} leaves {each}" for each in touched if not each.contains(text)]
    for box in solid:
        touched = [each for each in frames if overlap(each, box)]
        if frames and not (len(touched) == 1 and touched[0].contains(box)):
            found.append(f"{box} is not in one frame")
    for wire in drawn.wires:
        for (x0, y0), (x1, y1) in zip(wire.points, wire.points[1:], strict=False):
            if x0 != x1 and y0 != y1:
                found.append(f"{wire} runs aslant")
            line = Rectangle(
                x=min(x0, x1), y=min(y0, y1), width=abs(x1 - x0) + 0.01, height=abs(y1 - y0) + 0.01, border=Border.FRAME
            )
            found += [f"{wire} crosses {each}" for each in (*solid, *drawn.texts) if _inside(line, each)]
    return found


def _inside(line: Rectangle, each: "Rectangle | Text") -> bool:
    """Whether a line runs through something, rather than along its border."""
    x, y, right, bottom = each.bounds
    inner = Rectangle(x=x + 0.1, y=y + 0.1, width=right - x - 0.2, height=bottom - y - 0.2, border=Border.FRAME)
    return overlap(line, inner)
