"""Notes which rows of the tables the lives meet, in `refusals_met.txt` below pytest's temporary folder."""

from collections.abc import Iterator
from typing import Any

import pytest

from azure_mlplatform.emulation import refusals


@pytest.fixture(autouse=True)
def refusals_met(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Appends the test and the rows that refused something in it."""
    met: set[str] = set()
    refuse = refusals.refuse

    def noted(world: Any, row: Any, **values: Any) -> None:
        met.add(row.key)
        refuse(world, row, **values)

    monkeypatch.setattr(refusals, "refuse", noted)
    yield
    with (tmp_path_factory.getbasetemp() / "refusals_met.txt").open("a", encoding="utf-8") as file:
        file.writelines(f"{request.node.name}: {each}\n" for each in sorted(met))
