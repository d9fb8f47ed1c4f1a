"""What a profile says, and its plots."""

import datetime
import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from azure_mlplatform.catalogue.prices import Price, PriceTable
from azure_mlplatform.cli.answers import EndpointProfile
from azure_mlplatform.measure.endpoints.endpoint import Deployment, Kind
from azure_mlplatform.measure.endpoints.url import UrlEndpoint
from azure_mlplatform.measure.profile.candidates import Bounds, Candidate, Candidates, Runs, Target
from azure_mlplatform.measure.profile.cost import billed_machines, monthly_cost
from azure_mlplatform.measure.profile.plot import plot
from azure_mlplatform.measure.profile.report import Profile, Tried
from azure_mlplatform.measure.profile.search import Budget, Entrant, Search
from support.queues import Servers

TARGET = Target(percentile=95, bound_ms=60, errors=0.02, expected_rate=40, peak_rate=80)
RUNS = Runs(seconds=5, warm_up=1, resolution=0.3)
PRICE = Price(
    "westeurope", "Virtual Machines", "Standard_DS3_v2", "DS3 v2", Decimal("0.2"), "EUR", "1 Hour", "a page",
    datetime.date(2026, 11, 28),
)  # fmt: skip
TABLE = PriceTable((PRICE,), "EUR", "prices.csv")


def profile(*instances, target=TARGET, priced=True, minutes=600.0):
    names = {f"n{each}": each for each in instances}
    candidates = [Candidate(name=name, instances=each) for name, each in names.items()]
    costs = {name: monthly_cost(TABLE, "westeurope", "Standard_DS3_v2", each) for name, each in names.items()}
    entrants = [Entrant(name, each, slots=each, cost=costs[name] if priced else None) for name, each in names.items()]
    queues = {name: Servers(service=0.02, servers=each, seed=each) for name, each in names.items()}
    search = Search(entrants, target, RUNS, lambda each: queues[each.name], Budget(Bounds(minutes=minutes)))
    winner = search.run()
    blue = Deployment("blue", "Succeeded", 1, "Standard_DS3_v2", "/models/churn/1", "acr/churn@sha256:12")
    return Profile(
        UrlEndpoint("https://x"),
        Candidates(target=target, runs=RUNS, candidates=candidates),
        search,
        winner,
        {each.name: Tried(each, "Standard_DS3_v2", blue) for each in candidates},
        {each.name: 15 for each in candidates},
        prices="prices.csv",
    )


@pytest.fixture(scope="module")
def recommended():
    return profile(2, 4, 6)


def test_the_answer_fits_its_model(recommended):
    answer = EndpointProfile.model_validate(recommended.as_json())
    assert (answer.outcome, answer.recommended, answer.ordered_by) == ("recommended", "n4", "price")
    two, four, six = answer.candidates
    assert (two.fate, four.fate, six.fate) == ("fails", "wins", "dearer")
    assert four.cost is not None
    assert (four.cost.amount, four.cost.currency, four.cost.machines) == (pytest.approx(0.2 * 730 * 4), "EUR", 4)
    assert four.highest_rate is not None
    assert four.headroom == pytest.approx(four.highest_rate.low * 3 / 4 / 80 - 1)
    assert four.utilisation.peak == pytest.approx(80 * 0.02 / 4)
    assert (four.model, four.image) == ("/models/churn/1", "acr/churn@sha256:12")
    assert "model: /models/churn/1" in answer.not_varied
    assert "the request: 15 bytes, the same each time" in answer.not_varied
    assert not any("instances" in each for each in answer.not_varied)
    assert {each.rate for each in four.rates} >= {40, 80, 80 * 4 / 3}


def test_people_read_the_same(recommended):
    text = "\n".join(recommended.table())
    assert "Recommended: n4, 584 EUR a month" in text
    assert re.search(r"Expected: at 40 a second p95 is [\d.]+ \[[\d.]+, [\d.]+\] ms, errors 0.00%", text)
    assert "With room for the loss: at 107 a second" in text
    assert re.search(r"n2: does not hold 160 a second: p95 [\d,]+ \[[\d,]+, [\d,]+\] of 60 ms", text)
    assert "n6: n4 is cheaper and meets the target: not measured" in text
    assert "Model /models/churn/1, image or environment acr/churn@sha256:12" in text
    page = "\n".join(recommended.markdown())
    assert "| n4 | wins | Standard_DS3_v2 | 4 | 584 EUR a month |" in page


def test_nothing_meets_it():
    found = profile(2, target=TARGET.model_copy(update={"peak_rate": 400.0}))
    answer = EndpointProfile.model_validate(found.as_json())
    assert (answer.outcome, answer.recommended, answer.nearest) == ("nothing meets the target", None, "n2")
    assert re.fullmatch(
        r"holds [\d.]+ of 800 a second; at 800 a second p95 [\d,]+ \[.*\] of 60 ms", answer.nearest_lacks or ""
    )
    assert "Nothing meets it\nNearest: n2, " in "\n".join(found.table())


def test_a_budget_that_ended_is_said():
    found = profile(2, 4, minutes=0.5)
    answer = EndpointProfile.model_validate(found.as_json())
    assert (answer.outcome, answer.ended_by) == ("inconclusive", "0.5 minutes (bounds.minutes)")
    assert "Inconclusive: the search ended with 0.5 minutes (bounds.minutes)" in "\n".join(found.table())


def test_no_price_is_said_and_not_made_up():
    text = "\n".join(profile(4, priced=False).table())
    assert "Recommended: n4, no price" in text
    assert "Order: as in the file, because not all have a price" in text
    assert monthly_cost(TABLE, "northeurope", "Standard_DS3_v2", 3) is None
    assert monthly_cost(TABLE, "westeurope", "Standard_D4ds_v4", 3) is None
    assert monthly_cost(TABLE, "", "Standard_DS3_v2", 3) is None


def test_what_is_billed():
    pool = Candidate(name="it", nodes=3, node_size="Standard_DS3_v2")
    assert billed_machines(pool, Kind.KUBERNETES, "small", 9) == ("Standard_DS3_v2", 3)
    assert billed_machines(Candidate(name="it"), Kind.KUBERNETES, "Standard_DS3_v2", 9) == (None, None)
    assert billed_machines(Candidate(name="it"), Kind.MANAGED, "Standard_DS3_v2", 9) == ("Standard_DS3_v2", 9)


@pytest.mark.slow
def test_plots_are_drawn_without_a_display_and_alike(recommended, tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    for name in ("one", "other"):
        for ending in ("png", "svg"):
            plot(recommended.search.found, TARGET, "n4", tmp_path / f"{name}.{ending}")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    root = ElementTree.fromstring((tmp_path / "one.svg").read_text())  # noqa: S314 - made here
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    nothing = tmp_path / "nothing.png"
    plot([], TARGET, "", nothing)
    assert nothing.stat().st_size > 1000
