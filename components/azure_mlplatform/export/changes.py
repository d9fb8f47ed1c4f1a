"""docs/changes.md: what a change of each setting does to an environment that exists."""

from collections.abc import Iterator

from ..catalogue.changes import CHANGES, Change, Judge, Outcome

_HEAD = """# What a change of a setting does

Generated from `components/azure_mlplatform/catalogue/changes.py`; `make golden` writes it. Each row was tried on an
emulated Azure, and none on a real subscription.

- **in place**: resources are updated; small ones, such as role assignments, may come and go.
- **replaced**: something is deleted and made again, or another one takes its place.
- **refused**: nothing happens. The message says the way out.
- **nothing in Azure**: only checks and messages read it, or only what is made later.

A new item of a list is made. One that is taken out is deleted with what it holds. In prod, protection refuses that for
what holds data or work: see [Living with an environment](living-with-an-environment.md).
"assumed" marks what no source states. `mlplatform preview --against` says what a certain change does to a certain
environment."""


def changes_document() -> Iterator[str]:
    """The lines of the document."""
    yield from _HEAD.splitlines()
    for part, rows in _parts().items():
        yield ""
        yield f"## {part}"
        ordered = sorted(rows, key=lambda row: row.key)
        plain = [each for each in ordered if each.outcome is Outcome.IN_PLACE and not each.when and not each.what]
        if others := [each for each in ordered if each not in plain]:
            yield ""
            yield "| setting | a change is | what it does, or the way out |"
            yield "|---|---|---|"
            yield from map(_row, others)
        if plain:
            yield ""
            yield f"In place: {', '.join(f'`{each.setting}`' for each in plain)}."


def _row(change: Change) -> str:
    outcome = f"{change.outcome} (assumed)" if change.assumed else change.outcome.value
    setting = f"`{change.setting}`" + (f", {change.when}" if change.when else "")
    return f"| {setting} | {outcome} | {_details(change)} |"


def _parts() -> dict[str, list[Change]]:
    parts: dict[str, list[Change]] = {}
    for each in CHANGES:
        steps = each.setting.split(".")
        head = steps[0].removesuffix("[]") if len(steps) > 1 else "the environment"
        parts.setdefault(head, []).append(each)
    return parts


def _details(change: Change) -> str:
    if change.outcome is not Outcome.REFUSED:
        return _sentence(change.what)
    by = "by Pulumi's protection" if change.judge is Judge.PROTECTION else ""
    return " ".join(filter(None, (_sentence(": ".join(filter(None, (by, change.what)))), _sentence(change.way))))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""
