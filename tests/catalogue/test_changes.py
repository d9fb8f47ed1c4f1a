"""The table of changes against the emulated Azure: for each setting, a change of it on an environment that exists."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from azure_mlplatform.catalogue.changes import CHANGES, Change, Judge, Outcome, Property, kept, replacing, way_out
from azure_mlplatform.config.settings_tree import values_of
from azure_mlplatform.emulation.replacement import ID, replaced_by
from azure_mlplatform.emulation.tables.immutable import IMMUTABLE
from azure_mlplatform.environment.settings.platform import PlatformSettings
from azure_mlplatform.export.changes import changes_document
from azure_mlplatform.foundation.problems import Problem, dotted
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.plan.against import Effect
from azure_mlplatform.plan.update import By, Operation, Step
from azure_mlplatform.resource_types import resource_type
from azure_mlplatform.shared.settings import SharedSettings
from azure_mlplatform.testing import check_golden
from support.changes import EXPERIMENTS, effect
from support.stacks import ROOT

ROWS = {each.key: each for each in CHANGES}
TOGETHER = [
    key
    for key, row in ROWS.items()
    if row.outcome in (Outcome.IN_PLACE, Outcome.NOTHING) and not row.goes and not EXPERIMENTS[key].also
]
"""What can change with others in one run."""

_SETTINGS = Counter(EXPERIMENTS[key].base for key in TOGETHER)
BASES = [
    pytest.param(base, marks=() if settings > 4 else pytest.mark.slow) for base, settings in sorted(_SETTINGS.items())
]
SINGLE = [key for key in ROWS if key not in TOGETHER]
TABLE = "components/azure_mlplatform/catalogue/changes.py"
SMALL = "azure-native:monitor:DiagnosticSetting"


def test_each_setting_has_a_row_and_each_row_a_setting():
    models = (PlatformSettings, LandingSettings, SharedSettings)
    settings = {each.full_name for model in models for each in values_of(model)}
    rows = {each.setting for each in CHANGES}
    missing = sorted(settings - rows)
    assert not missing, (
        f"settings without a row: {', '.join(missing)}. Say in {TABLE} what a change of them does to an environment "
        "that exists, and change them in EXPERIMENTS of tests/support/changes.py"
    )
    assert rows <= settings, f"rows without a setting: {', '.join(sorted(rows - settings))}. Take them out of {TABLE}"


def test_each_row_stands_once_and_has_an_experiment():
    keys = [each.key for each in CHANGES]
    assert len(keys) == len(set(keys))
    assert set(keys) == set(EXPERIMENTS), "add or take out an experiment in tests/support/changes.py"


def test_each_refused_setting_has_a_way_out_and_each_outcome_a_source():
    for row in CHANGES:
        assert bool(row.way) == (row.outcome is Outcome.REFUSED), row.key
        if row.outcome in (Outcome.REFUSED, Outcome.REPLACED):
            assert row.source, row.key
            assert row.day, row.key
        if row.outcome is Outcome.REPLACED:
            assert row.what, row.key
            assert row.because or row.goes, row.key


def evidence(cause: Property) -> list[bool]:
    """What the emulated Azure's tables say of a property: for each row whether it is assumed."""
    if cause.identifies:
        return [False] if replaced_by(cause.type, cause.path) == ID else []
    return [
        row.assumed
        for row in IMMUTABLE
        if row.type == cause.type
        and (f"{row.path}.".startswith(f"{cause.path}.") or f"{cause.path}.".startswith(f"{row.path}."))
    ]


@pytest.mark.parametrize("key", [each.key for each in CHANGES if each.outcome in (Outcome.REFUSED, Outcome.REPLACED)])
def test_what_the_emulated_azure_does_not_state_is_marked_assumed(key):
    row = ROWS[key]
    unstated = [each for each in row.because if all(evidence(each))]
    nothing = row.outcome is Outcome.REFUSED and not row.because and not row.goes
    assert row.assumed == (bool(unstated) or nothing), unstated


def test_what_holds_data_or_work_goes_only_with_its_name_or_where_protection_refuses_it_in_prod():
    for row in CHANGES:
        held = [each for each in (*row.goes, *(cause.type for cause in row.because)) if resource_type(each).holds]
        if row.outcome is Outcome.REPLACED and held:
            assert row.setting.endswith(".name") or "in prod, protection refuses it" in row.what, (row.key, held)
        assert row.outcome is not Outcome.IN_PLACE or not held, row.key


def gone(steps: Iterable[Step]) -> list[Step]:
    """The steps that take a resource away, without those that follow from another one."""
    operations = (Operation.REPLACE, Operation.DELETE)
    return [each for each in steps if each.operation in operations and not each.because_of and each.type != SMALL]


def in_azure(types: Iterable[str]) -> set[str]:
    """The types that are Azure's, without those of the engine and of dynamic providers."""
    return {each for each in types if each.startswith("azure-native:")}


def complaints(row: Change, found: Effect) -> list[str]:
    """What a change did otherwise than its row says."""
    refusals = [f"{each.name}: {refusal.text}" for each in found.steps for refusal in each.refusals]
    taken = in_azure(each.type for each in gone(found.steps))
    types = {each.type for each in row.because} | set(row.goes)
    if row.outcome is Outcome.REFUSED:
        return list(_not_refused(row, found, types))
    said = [*map(str, found.problems), *refusals]
    if row.outcome is Outcome.NOTHING:
        return [*said, *(each.name for each in found.steps)]
    if row.outcome is Outcome.IN_PLACE:
        return [*said, *(f"{each} goes" for each in taken - types)] or ([] if found.steps else ["nothing happens"])
    if not types <= taken:
        said.append(f"{', '.join(sorted(types - taken))} stays")
    said += [f"{each} goes too" for each in taken - types if not row.goes or resource_type(each).holds]
    for cause in row.because:
        if not any(each.type == cause.type and _changes(each, cause) for each in found.steps):
            said.append(f"{cause.path} does not replace it")
    return said


def _changes(step: Step, cause: Property) -> bool:
    paths = [re.sub(r"\[\d+\]", "[]", each.path) for each in step.changes if each.replaces]
    return any(f"{each}.".startswith((f"{cause.path}.", f"{cause.path}[]")) for each in paths)


def _not_refused(row: Change, found: Effect, types: set[str]) -> Iterator[str]:
    if row.judge is Judge.PROTECTION:
        by = {(each.type, refusal.by) for each in found.steps for refusal in each.refusals}
        if by != {(each, By.PROTECTION) for each in row.goes}:
            yield f"refused are {by}"
        return
    if not any(_fits(each, row) for each in found.problems):
        yield f"refused is {[str(each) for each in found.problems]}"
    if row.judge is Judge.FIRST and types:
        hurt = {each.type for each in found.steps if each.refusals or each in gone(found.steps) or each.because_of}
        # What the engine ignores as well shows nothing here: the tables say it.
        if not types & hurt and not all(map(evidence, row.because)):
            yield "without the refusal, nothing would be replaced or refused"


def _fits(problem: Problem, row: Change) -> bool:
    """Whether a problem is at a setting, and says its way out."""
    at = re.sub(r"\[\d+\]", "[]", dotted(problem.path))
    place = row.setting.startswith(at) or at.split(".")[-1] == row.setting.split(".")[-1]
    way = re.escape(row.way).replace("TYPE", r"\w+")
    return place and re.fullmatch(way, problem.fix) is not None


@pytest.mark.parametrize("base", BASES)
def test_what_changes_in_place_or_does_nothing(base):
    keys = [each for each in TOGETHER if EXPERIMENTS[each].base == base]
    found = effect(base, *keys)
    together = Change(setting="all of them", outcome=Outcome.IN_PLACE)
    if complaints(together, found) in ([], ["nothing happens"]):
        return
    assert {key: said for key in keys if (said := complaints(ROWS[key], effect(base, key)))} == {}
    raise AssertionError(f"together, but not one by one: {complaints(together, found)}")


@pytest.mark.slow
@pytest.mark.parametrize("key", SINGLE)
def test_what_replaces_or_is_refused(key):
    assert complaints(ROWS[key], effect(EXPERIMENTS[key].base, key)) == []


@pytest.mark.slow
@pytest.mark.parametrize("key", [each for each in TOGETHER if ROWS[each].outcome is Outcome.NOTHING])
def test_what_does_nothing_in_azure_changes_no_resource(key):
    assert complaints(ROWS[key], effect(EXPERIMENTS[key].base, key)) == []


def test_components_read_the_table():
    assert kept("azure-native:cognitiveservices:Account") == ["kind"]
    assert "agentPoolProfiles" in kept("azure-native:containerservice:ManagedCluster")
    assert replacing("azure-native:network:PrivateDnsZoneGroup") == ["privateDnsZoneConfigs[*].privateDnsZoneId"]
    assert replacing("azure-native:managedidentity:FederatedIdentityCredential") == []
    assert way_out("workspace.network_mode", "from managed to own").startswith("Azure cannot remove")


def test_the_document_is_what_the_table_gives():
    check_golden(changes_document(), Path(ROOT) / "docs" / "changes.md")
