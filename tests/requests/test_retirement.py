"""The tombstone of an environment, and the days that follow from it."""

import datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.catalogue.soft_delete import held_days
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.foundation.profiles import PROFILES, Environment
from azure_mlplatform.requests.retirement import (
    free_on,
    record_retired,
    record_retiring,
    unrecorded,
    write_retirement,
)

DAY = datetime.date(2026, 12, 1)
REQUEST = """\
project: lending
environments:
  - environment: dev
    network: small
  # Two people approve prod.
  - environment: prod
    network: small
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests" / "lending.yaml").write_text(REQUEST)
    return tmp_path


def environments(root):
    return yaml.safe_load((root / "requests" / "lending.yaml").read_text())["environments"]


@given(st.sampled_from([*Environment]), st.dates(datetime.date(2026, 1, 1), datetime.date(2030, 1, 1)))
def test_nothing_is_free_before_the_last_soft_delete_has_run_out(environment, destroyed):
    held = held_days(PROFILES[environment]).values()
    assert free_on(environment, destroyed) == max(destroyed + datetime.timedelta(each) for each in held)


def test_a_retirement_leaves_its_days_in_the_environment_it_is_of(root):
    assert record_retiring(root, "lending", Environment.PROD, DAY)
    assert unrecorded(root, "lending", Environment.PROD) is not None
    assert record_retired(root, "lending", Environment.PROD, DAY + datetime.timedelta(3))
    dev, prod = environments(root)
    assert dev == {"environment": "dev", "network": "small"}
    assert (prod["retiring_since"], prod["retired_on"]) == ("2026-12-01", "2026-12-04")
    assert unrecorded(root, "lending", Environment.PROD) is None
    assert "  # Two people approve prod.\n" in (root / "requests" / "lending.yaml").read_text()


def test_what_was_forgotten_at_the_beginning_is_written_at_the_end(root):
    record_retired(root, "lending", Environment.DEV, DAY)
    assert environments(root)[0]["retiring_since"] == "2026-12-01"


def test_a_second_time_writes_nothing(root):
    record_retired(root, "lending", Environment.DEV, DAY)
    before = (root / "requests" / "lending.yaml").read_bytes()
    assert not record_retired(root, "lending", Environment.DEV, DAY + datetime.timedelta(1))
    assert (root / "requests" / "lending.yaml").read_bytes() == before


@pytest.mark.parametrize(("project", "environment"), [("other", Environment.DEV), ("lending", Environment.TEST)])
def test_what_was_never_asked_for_leaves_no_tombstone(root, project, environment):
    assert unrecorded(root, project, environment) is None
    assert not record_retired(root, project, environment, DAY)


def test_a_request_in_one_line_is_left_to_a_person(root):
    file = root / "requests" / "lending.yaml"
    file.write_text("project: lending\nenvironments: [{environment: dev}]\n")
    with pytest.raises(ProblemsError, match="cannot be added by a program"):
        record_retired(root, "lending", Environment.DEV, DAY)
    assert file.read_text().endswith("[{environment: dev}]\n")


def test_retire_stands_in_the_settings_once(root):
    (root / "Pulumi.dev.yaml").write_text("config:\n  azure-mlplatform:environment: dev\n")
    assert write_retirement(root, "dev", "It ended, ML-3")
    assert not write_retirement(root, "dev", "Another reason")
    assert yaml.safe_load((root / "Pulumi.dev.yaml").read_text())["config"]["azure-mlplatform:retire"] == {
        "reason": "It ended, ML-3"
    }
