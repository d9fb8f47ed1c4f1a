"""`mlplatform cost` and `mlplatform prices update`, with a price API on this machine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from azure_mlplatform.catalogue.prices import read_prices
from support.retail_prices import api, item, send

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "output.schema.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.slow


@pytest.fixture
def repository(tmp_path):
    """A repository with one stack."""
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    return tmp_path


def run(*words, cwd):
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "NO_PROXY": "*"},
    )


def answers(handler):
    """Prices every machine at 0.5 and every registry at 2 a day, and nothing else."""
    asked = parse_qs(urlsplit(handler.path).query)["$filter"][0]
    given = dict(part.split(" eq ") for part in asked.split(" and "))
    given = {key: value.strip("'") for key, value in given.items()}
    items = []
    if given["serviceName"] == "Virtual Machines":
        items = [item(armRegionName=given["armRegionName"], armSkuName=given["armSkuName"], retailPrice=0.5)]
    send(handler, {"Items": items, "NextPageLink": None})


def test_an_update_makes_a_table_that_cost_reads(repository):
    (repository / "requests").mkdir()
    with api(answers) as (address, asked):
        done = run("prices", "update", "--address", address, "-o", "requests/prices.csv", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert len(asked) == len(set(asked))
    rows = read_prices(repository / "requests" / "prices.csv")
    assert {each.service for each in rows} == {"Virtual Machines"}
    assert (
        "warning: no price of Container Registry Premium Registry Unit in westeurope: the API has none" in done.stderr
    )
    done = run("cost", "dev", "--json", cwd=repository)
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    [stack] = found["stacks"]
    assert found["prices"] == str(repository.resolve() / "requests" / "prices.csv")
    assert stack["currency"] == "USD"
    assert stack["ceiling"] > stack["floor"] > 0
    assert any("Premium Registry Unit" in each for each in stack["without_price"])
    assert {each["price"]["region"] for each in stack["lines"] if each["price"]} == {"westeurope"}
    # A table that is there stays where the API has no answer; a failing API leaves it as it was.
    before = (repository / "requests" / "prices.csv").read_text()
    with api([]) as (address, _):
        done = run("prices", "update", "--address", address, "--json", cwd=repository)
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    assert len(found["prices"]) == len(rows)
    assert len(found["without_price"]) > len(rows)
    with api(lambda handler: send(handler, b"no", 400)) as (address, _):
        done = run("prices", "update", "--address", address, "-o", "requests/prices.csv", cwd=repository)
    assert (done.returncode, done.stdout) == (3, "")
    assert "400" in done.stderr
    assert (repository / "requests" / "prices.csv").read_text() == before


def test_a_budget_below_the_floor_is_a_finding(repository):
    text = (repository / "Pulumi.dev.yaml").read_text()
    (repository / "requests").mkdir()
    with api(answers) as (address, _):
        run("prices", "update", "--address", address, "-o", "requests/prices.csv", cwd=repository)
    lines = [f"{line.partition('amount:')[0]}amount: 1" if "amount:" in line else line for line in text.splitlines()]
    (repository / "Pulumi.dev.yaml").write_text("\n".join(lines) + "\n")
    done = run("cost", cwd=repository)
    assert done.returncode == 1, done.stderr
    assert "error: Pulumi.dev.yaml: azure-mlplatform:budget.amount: a budget of 1.00 is below the floor" in done.stderr


def test_the_packaged_table_prices_nothing_that_it_has_not_read(repository):
    done = run("cost", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert "no price" in done.stdout
    assert "Depends on use:" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["prices", "update", "--address", "http://example.com/x"], "--address: 'http://example.com/x' is not https"),
        (["prices", "update", "--region", "westeurop"], "did you mean 'westeurope'?"),
        (["prices", "update", "--currency", "euro"], "--currency: 'euro' is not a currency"),
        (["prices", "update", "-C", "nope"], "is not a folder"),
        (["cost", "--currency", "euro"], "--currency: 'euro' is not a currency"),
        (["cost", "--prices", "nope.csv"], "nope.csv: cannot be read"),
        (["cost", "nope"], "nope"),
    ],
)
def test_what_is_refused(words, said, repository):
    done = run(*words, cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_projects_has_nothing_to_price(tmp_path):
    done = run("prices", "update", "-o", "prices.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "contains no Pulumi project" in done.stderr
    assert not (tmp_path / "prices.csv").exists()
