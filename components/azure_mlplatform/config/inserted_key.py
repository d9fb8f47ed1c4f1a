"""Adds a key to a YAML file beside another one. All else stays as it is: comments, order, quotes, ends of lines."""

import json
import os
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import yaml

from ..foundation.problems import Problem, ProblemsError, dotted
from ..foundation.violations import Path
from .files import read


def insert_after(path: FilePath, beside: Path, key: str, value: str | Mapping[str, str], most_values: int = 0) -> bool:
    """Writes `key` into a file, as the next key after the scalar at `beside`. Returns False if it is there already,
    with whatever value.

    Raises ProblemsError, and writes nothing, if the file cannot be read or has a form in which no line can be added.
    """
    file = read(path, most_values) if most_values else read(path)
    holder: Any = file.data
    for each in beside[:-1]:
        holder = holder[each]
    if holder.get(key) is not None:
        return False
    with path.open(encoding="utf-8", newline="") as opened:
        text = opened.read()
    lines = text.splitlines(keepends=True)
    number = file.lines[beside]
    line = lines[number - 1]
    column = _column(line, str(beside[-1]))
    end = "\r\n" if line.endswith("\r\n") else "\n"
    if not line.endswith(("\n", "\r")):
        lines[number - 1] = f"{line}{end}"
    lines[number:number] = [f"{' ' * column}{each}{end}" for each in _written(key, value)]
    changed = "".join(lines)
    holder = {**holder, key: value if isinstance(value, str) else dict(value)}
    if column < 0 or not _is(changed, text, beside[:-1], holder):
        what = f"has a form in which {key} cannot be added by a program"
        fix = (
            f"Add below {dotted(beside[:-1]) or 'the top'}: {'; '.join(each.strip() for each in _written(key, value))}"
        )
        raise ProblemsError([Problem((), what, fix, f"{path.name}:{number}")])
    _replace(path, changed)
    return True


def _column(line: str, name: str) -> int:
    """Where a key begins in its line; -1 if other keys of its mapping may stand in the line."""
    before, _, _ = line.partition(name)
    bare = before.rstrip("'\"")
    return len(bare) if not bare.strip(" -") and name in line else -1


def _written(key: str, value: str | Mapping[str, str]) -> list[str]:
    # A JSON text is a YAML text, whatever is in it.
    if isinstance(value, str):
        return [f"{key}: {json.dumps(value, ensure_ascii=False)}"]
    return [f"{key}:", *(f"  {name}: {json.dumps(each, ensure_ascii=False)}" for name, each in value.items())]


def _is(changed: str, before: str, at: Path, wanted: Any) -> bool:
    """Whether a text differs from the one before in nothing but one mapping."""
    try:
        now, then = yaml.safe_load(changed), yaml.safe_load(before)
        for each in at:
            now, then = now[each], then[each]
    except (yaml.YAMLError, KeyError, IndexError, TypeError):
        return False
    added = {name: each for name, each in wanted.items() if name not in then}
    return bool(now == {**then, **added})


def _replace(path: FilePath, text: str) -> None:
    """Writes a file whole or not at all."""
    aside = path.with_name(f".{path.name}.new")
    try:
        with aside.open("w", encoding="utf-8", newline="") as opened:
            opened.write(text)
        aside.chmod(path.stat().st_mode & 0o777)
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
