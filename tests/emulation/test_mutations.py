"""Lives of every stack in worlds without an engine, and the removal of each refusal in turn.

For each row of each table, a resource of a recorded stack gets into a situation in which Azure must refuse, and must
not once the row is gone. A row that no stack can meet stands in `tests/data/refusals_not_covered.txt`. To write that
file anew: `UPDATE_GOLDEN=1 pytest tests/emulation/test_mutations.py`.
"""

import contextlib
import copy
import datetime
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Optional

import pytest

from azure_mlplatform.emulation import refusals
from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.ids import arm_type, lock_scope, parent_of
from azure_mlplatform.emulation.refusal import AzureError
from azure_mlplatform.emulation.tables.deletion import BLOCKED, DELEGATED, HELD, IN_USE, LOCKS, SERIAL, Operation
from azure_mlplatform.emulation.tables.immutable import ALLOWED, IMMUTABLE, NONE_KNOWN, ONE_WAY, Outcome
from azure_mlplatform.emulation.tables.names import OVERLAPS, SOFT_DELETED, TAKEN, UNIQUE, Again
from azure_mlplatform.emulation.tables.reached import REACHED
from azure_mlplatform.emulation.tables.retired import RETIRED
from azure_mlplatform.emulation.tables.roles import FRESH, ROLES
from azure_mlplatform.emulation.tables.row import Refusal
from azure_mlplatform.emulation.values import first_at, values_at
from azure_mlplatform.emulation.world import EFFECT, Fault, Held, World
from azure_mlplatform.plan.resource import PlannedResource
from support.lives import subscription_of
from support.stacks import DAY, ROOT, STACKS, plan_of

FILE = ROOT / "tests" / "data" / "refusals_not_covered.txt"
OTHER = "rg-other"
ROLE = "azure-native:authorization:RoleAssignment"
DEFINITION = "azure-native:authorization:RoleDefinition"
LOCK = "azure-native:authorization:ManagementLockByScope"
GROUP = "azure-native:resources:ResourceGroup"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"

OTHER_KINDS = {"OpenAI": "Face", "FormRecognizer": "Face", "ComputerVision": "Face", "TextAnalytics": "Face"}
"""A value in place of one that the answers of Azure depend on."""

TABLES: tuple[tuple[Refusal, ...], ...] = (
    tuple(each for each in IMMUTABLE if each.outcome is Outcome.REFUSED),
    LOCKS,
    IN_USE,
    DELEGATED,
    HELD,
    BLOCKED,
    SERIAL,
    TAKEN,
    UNIQUE,
    OVERLAPS,
    SOFT_DELETED,
    RETIRED,
    ROLES,
    FRESH,
    REACHED,
)
ROWS = [row for table in TABLES for row in table]


class Then(World):
    """A world with a day of its own."""

    day = DAY

    @property
    def today(self) -> datetime.date:
        """The day on its clock."""
        return self.day


@dataclass
class Life:
    """A recorded stack, and the world that it makes."""

    name: str
    resources: list[PlannedResource]
    """Each after what it depends on."""

    subscription: str
    world: Then

    @cached_property
    def by_id(self) -> dict[str, PlannedResource]:
        """The recorded resources by their ids."""
        return {each.id.lower(): each for each in self.resources}

    def inputs(self, held: Held) -> tuple[str, dict[str, Any]]:
        """The URN and the inputs of a resource."""
        found = self.by_id[held.id.lower()]
        return found.urn, copy.deepcopy(dict(found.inputs))

    def of_template(self, held: Held) -> bool:
        """Whether a template made a resource, which has no inputs of its own then."""
        return held.id.lower() not in self.by_id


Act = Callable[[Azure], Any]
Scenario = tuple[Callable[[], Then], Act]
"""What makes a world, and what happens in it."""


def recorded(folder: Path, stack: str) -> Life:
    plan = plan_of(folder, stack)
    by_urn = {each.urn: each for each in plan.resources}
    order = TopologicalSorter({urn: each.dependencies for urn, each in by_urn.items()}).static_order()
    made = [by_urn[urn] for urn in order if urn in by_urn]
    resources = [each for each in made if each.custom and each.type.startswith("azure-native:")]
    return Life(f"{folder.name} {stack}", resources, subscription_of(resources), Then())


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    """Every stack, made in the order of its dependencies."""
    found = [recorded(*each) for each in STACKS]
    for life in found:
        azure = Azure(life.world)
        for each in life.resources:
            id_, _ = azure.create(each.type, each.urn, copy.deepcopy(dict(each.inputs)), life.subscription)
            assert id_ == each.id
    return found


def test_every_stack_is_made_without_a_refusal_and_goes_in_the_other_order(lives):
    for life in lives:
        assert life.world.refused == [], life.name
        azure = Azure(copy.deepcopy(life.world))
        last_first = life.resources[::-1]
        for each in sorted(last_first, key=lambda each: each.type != LOCK):  # Locks go first, as by `retire`.
            azure.delete(each.id)
        assert azure.world.refused == [], life.name
        assert azure.world.resources == {}, life.name


def test_rows_are_told_apart_and_name_what_is_there(lives):
    keys = [row.key for row in ROWS]
    assert len(set(keys)) == len(keys)
    used = {each.type for life in lives for each in life.resources}
    tabled = {row.type for row in IMMUTABLE}
    assert not tabled & set(NONE_KNOWN)
    assert used <= tabled | set(NONE_KNOWN)
    refused = {(row.type, row.path) for row in IMMUTABLE if row.outcome is Outcome.REFUSED}
    assert {*ONE_WAY, *ALLOWED} <= refused


def only(life: Life, *ids: str) -> Then:
    """A world with some resources, and what they are in."""
    world = Then()
    for each in ids:
        here: Optional[str] = each
        while here:
            if (held := life.world.get(here)) is not None:
                world.resources.setdefault(here.lower(), copy.deepcopy(held))
            here = parent_of(here)
    world.log = list(life.world.log)
    world.made = dict(life.world.made)
    return world


def whole(life: Life, *gone: str) -> Then:
    """The whole world of a stack without some resources."""
    world = copy.deepcopy(life.world)
    for id_ in gone:
        for each in world.below(id_):
            del world.resources[each.id.lower()]
        world.resources.pop(id_.lower(), None)
    return world


def trusting(life: Life, *gone: str) -> Then:
    """The whole world of a stack, in which every identity may do anything."""
    world = whole(life, *gone)
    for each in list(world.of_type(IDENTITY)):
        for role in ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "00482a5a-887f-4fb3-b363-3b7fe8e74483"):
            id_ = f"/providers/Microsoft.Authorization/roleAssignments/{role}-{each.read_only['principalId']}"
            body = {"principalId": each.read_only["principalId"], "roleDefinitionId": f"/roleDefinitions/{role}"}
            world.resources[id_.lower()] = Held(id_, ROLE, body)
    return world


def group_of(life: Life) -> Held:
    [group] = life.world.of_type(GROUP)
    return group


def with_another_group(life: Life, held: Held) -> Then:
    """A world with a resource, and with its parents once more in another group."""
    world = only(life, held.id)
    other = f"{group_of(life).id.rsplit('/', 1)[0]}/{OTHER}"
    for each in (other, str(parent_of(held.id)).replace(group_of(life).id, other)):
        world.resources.setdefault(each.lower(), Held(each, "", {}))
    return world


def of_arm_type(life: Life, type_: str) -> Iterator[Held]:
    return (each for each in life.world.resources.values() if arm_type(each.id) == type_)


def refers(user: Held, name: str) -> bool:
    return name in json.dumps(user.body)


def again(life: Life, held: Held, **changes: Any) -> Act:
    """Writes a resource once more, with some inputs changed."""
    urn, inputs = life.inputs(held)
    return lambda azure: azure.update(held.id, urn, {**inputs, **changes}, life.subscription)


def anew(life: Life, held: Held, **changes: Any) -> Act:
    """Makes a resource, with some inputs changed."""
    urn, inputs = life.inputs(held)
    return lambda azure: azure.create(held.type, urn, {**inputs, **changes}, life.subscription)


def deleted(held: Held) -> Act:
    return lambda azure: azure.delete(held.id)


def meanwhile(operation: str, id_: str, act: Act) -> Act:
    """Does something while an operation on a resource is under way."""

    def both(azure: Azure) -> None:
        with azure.acting(operation, id_):
            act(azure)

    return both


def another(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return OTHER_KINDS.get(value, f"{value}x")
    if isinstance(value, list):
        return [another(value[0]), *value[1:]]
    key = next(iter(value))
    return {**value, key: another(value[key])}


def replaced(body: Any, path: str, new: Any) -> Any:
    """A copy of a body with another value at a path, or at the first of its items that have it."""
    name, _, rest = path.partition(".")
    if not name:
        return new
    key = next((each for each in body if each.lower() == name.removesuffix("[]").lower()), None)
    if key is None:
        assert name == "properties", path
        return replaced(body, rest, new)
    below = body[key]
    if not name.endswith("[]"):
        return {**body, key: replaced(below, rest, new)}
    at = next(number for number, each in enumerate(below) if not rest or values_at(each, rest))
    return {**body, key: [*below[:at], replaced(below[at], rest, new), *below[at + 1 :]]}


def changed(body: Any, path: str) -> Any:
    """A copy of a body with another value of the same kind at a path. None if there is no value."""
    old = first_at(body, path)
    return None if old in (None, {}, []) else replaced(body, path, another(old))


def immutable(row: Any, life: Life) -> Iterator[Scenario]:
    """A value becomes another one."""
    for held in life.world.of_type(row.type):
        if life.of_template(held):
            yield from immutable_in_template(row, life, held)
        elif (inputs := changed(life.inputs(held)[1], row.path)) is not None:
            yield partial(trusting, life), again(life, held, **inputs)


def immutable_in_template(row: Any, life: Life, held: Held) -> Iterator[Scenario]:
    for deployment in life.world.of_type("azure-native:resources:Deployment"):
        template = first_at(deployment.body, "properties.template")
        for number, each in enumerate(template["resources"]):
            if held.id.endswith(each["name"].rsplit("/", 1)[-1]) and (other := changed(each, row.path)) is not None:
                resources = [*template["resources"][:number], other, *template["resources"][number + 1 :]]
                properties = {**deployment.body["properties"], "template": {**template, "resources": resources}}
                yield partial(whole, life), again(life, deployment, properties=properties)


def locks(row: Any, life: Life) -> Iterator[Scenario]:
    """A resource with a lock on it, below it or above it is deleted, written or acted on."""

    def world(lock: Held, target: Held) -> Then:
        made = only(life, lock.id, target.id)
        made.resources[lock.id.lower()].body["level"] = row.level
        return made

    endpoints = list(life.world.of_type("azure-native:network:PrivateEndpoint"))
    for lock in life.world.of_type(LOCK):
        scope = lock_scope(lock.id)
        below = [each for each in life.world.below(scope) if each.type != LOCK and not life.of_template(each)]
        itself = [held] if (held := life.world.get(scope)) else []
        for target in (*itself, *below, *(each for each in endpoints if refers(each, scope)), group_of(life)):
            act = again(life, target)
            if row.operation is Operation.DELETE:
                act = deleted(target)
            elif row.operation is Operation.ACTION:
                act = meanwhile("start", target.id, lambda azure: None)
            yield partial(world, lock, target), act


def in_use(row: Any, life: Life) -> Iterator[Scenario]:
    """Something goes that another one refers to, or that has it below."""
    if row.type == "microsoft.network/virtualnetworks/subnets":
        yield from lost_subnet(row, life)
    for held in of_arm_type(life, row.type):
        for user in of_arm_type(life, row.user):
            name = held.id.rsplit("/", 1)[1]
            named = refers(user, held.id) or refers(user, name if row.by_name else f'"{name}"')
            if user is not held and (named or user.id.startswith(held.id)):
                yield partial(only, life, held.id, user.id), deleted(held)


def lost_subnet(row: Any, life: Life) -> Iterator[Scenario]:
    """A network loses a subnet that something is in."""
    for network in life.world.of_type("azure-native:network:VirtualNetwork"):
        subnets = network.body["subnets"]
        for user in of_arm_type(life, row.user):
            left = [each for each in subnets if not refers(user, f"{network.id}/subnets/{each['name']}")]
            if left != subnets:
                yield partial(only, life, network.id, user.id), again(life, network, subnets=left)


def delegated(row: Any, life: Life) -> Iterator[Scenario]:
    """A network has no delegations any more, and something of the service is in a subnet of it."""
    for network in life.world.of_type("azure-native:network:VirtualNetwork"):
        _, inputs = life.inputs(network)
        subnets = [{**each, "delegations": None} for each in inputs["subnets"]]
        for user in of_arm_type(life, row.user):
            yield partial(only, life, network.id, user.id), again(life, network, subnets=subnets)


def blocked(row: Any, life: Life) -> Iterator[Scenario]:
    """A group goes, and something in another group refers to what is in it."""

    def world(held: Held, target: str) -> Then:
        made = only(life, held.id, target)
        moved = made.resources.pop(held.id.lower())
        moved.id = moved.id.replace(group_of(life).id, f"{group_of(life).id}-other")
        made.resources[moved.id.lower()] = moved
        return made

    for held in life.world.of_type("azure-native:network:PrivateEndpoint"):
        network = str(first_at(held.body, "subnet.id")).partition("/subnets/")[0]
        yield partial(world, held, network), deleted(group_of(life))


def held_by_state(row: Any, life: Life) -> Iterator[Scenario]:
    """A trigger that is started goes, or the only pool for the system."""

    def world(held: Held) -> Then:
        made = only(life, held.id)
        there = made.resources[held.id.lower()]
        if held.type.endswith(":Trigger"):
            there.read_only["properties"]["runtimeState"] = row.value
            return made
        there.body["mode"] = row.value
        for pool in made.resources[str(parent_of(held.id)).lower()].body["agentPoolProfiles"]:
            pool["mode"] = "User"
        return made

    for held in of_arm_type(life, row.type):
        yield partial(world, held), deleted(held)


def serial(row: Any, life: Life) -> Iterator[Scenario]:
    """A resource is written while something goes on at it, or at what it refers to."""

    def world() -> Then:
        made = trusting(life)
        made.strict = not row.always
        return made

    operation = "delete" if row.type == "microsoft.resources/resourcegroups" else "update"
    for held in life.world.resources.values():
        if (row.user and arm_type(held.id) != row.user) or life.of_template(held):
            continue
        if row.path:
            busy = [str(value) for _, value in values_at(held.body, row.path)]
        elif row.user:
            busy = [held.id]
        else:
            busy = [each.id for each in of_arm_type(life, row.type) if f"{held.id}/".startswith(f"{each.id}/")]
        for each in busy:
            yield world, meanwhile(operation, each, again(life, held))


def taken(row: Any, life: Life) -> Iterator[Scenario]:
    """A resource is made once more in another group."""
    for held in of_arm_type(life, row.type):
        changes = {"resourceGroupName": OTHER}
        if held.type == ROLE:
            changes = {"scope": f"{group_of(life).id.rsplit('/', 1)[0]}/{OTHER}", "principalId": "another"}
        elif held.type == DEFINITION:
            changes = {"scope": f"{group_of(life).id.rsplit('/', 1)[0]}/{OTHER}", "roleDefinitionId": "another"}
        elif row.path != "name":
            changes |= {"accountName": "another"}
        yield partial(with_another_group, life, held), anew(life, held, **changes)


NAMES = {
    ROLE: "roleAssignmentName",
    "azure-native:monitor:DiagnosticSetting": "name",
    "azure-native:managedidentity:FederatedIdentityCredential": "federatedIdentityCredentialResourceName",
    "azure-native:network:VirtualNetworkPeering": "virtualNetworkPeeringName",
}


def unique(row: Any, life: Life) -> Iterator[Scenario]:
    """A resource is made once more with another name, or in another group."""
    for held in of_arm_type(life, row.type):
        changes = {NAMES[held.type]: "another"} if held.type in NAMES else {"resourceGroupName": OTHER}
        yield partial(with_another_group, life, held), anew(life, held, **changes)


def overlaps(row: Any, life: Life) -> Iterator[Scenario]:
    """A second network with the same addresses is peered to the hub, or two subnets get the same range."""

    def world(held: Held) -> Then:
        made = only(life, held.id)
        network = made.resources[str(parent_of(held.id)).lower()]
        other = Held(f"{network.id}-other", network.type, copy.deepcopy(network.body))
        made.resources[other.id.lower()] = other
        return made

    for held in of_arm_type(life, row.type):
        if row.within:
            name = str(parent_of(held.id)).rsplit("/", 1)[1]
            yield partial(world, held), anew(life, held, virtualNetworkName=f"{name}-other")
        else:
            first, second, *rest = held.body["subnets"]
            moved = {**second, "addressPrefix": first["addressPrefix"]}
            yield partial(only, life, held.id), again(life, held, subnets=[first, moved, *rest])


def soft_deleted(row: Any, life: Life) -> Iterator[Scenario]:
    """A resource goes, and is made again."""

    def act(held: Held, azure: Azure) -> None:
        azure.delete(held.id)
        anew(life, held)(azure)

    for held in of_arm_type(life, row.type):
        yield partial(only, life, held.id), partial(act, held)


def retired(row: Any, life: Life) -> Iterator[Scenario]:
    """A resource is made with values whose day has come."""

    def world(held: Held) -> Then:
        made = trusting(life, held.id)
        made.day = row.since
        return made

    for held in of_arm_type(life, row.type):
        _, inputs = life.inputs(held)
        wanted = dict(each.split("=") for each in row.values)
        if held.type.endswith(":Deployment"):
            wanted.setdefault("sku.name", "GlobalStandard")
        if all(values_at(inputs, path) for path in wanted):
            for path, value in wanted.items():
                inputs = replaced(inputs, path, value.replace("*", "6"))
            yield partial(world, held), anew(life, held, **inputs)


def roles(row: Any, life: Life) -> Iterator[Scenario]:
    """A resource is made without a role assignment of an identity that it or its parent names."""
    for held in of_arm_type(life, row.type):
        holders = [each for each in (held, life.world.get(str(parent_of(held.id)))) if each is not None]
        identities = [each for each in life.world.of_type(IDENTITY) if any(refers(of, each.id) for of in holders)]
        principals = [each.read_only["principalId"] for each in identities]
        for assignment in life.world.of_type(ROLE):
            if assignment.body["principalId"] in principals:
                yield partial(whole, life, held.id, assignment.id), anew(life, held)


def fresh(row: Any, life: Life) -> Iterator[Scenario]:
    """An identity gets a role without a word of what kind it is."""
    identities = [each.id for each in life.world.of_type(IDENTITY)]
    for held in of_arm_type(life, row.type):
        yield partial(only, life, *identities, str(parent_of(held.id))), anew(life, held, principalType=None)


def reached(row: Any, life: Life) -> Iterator[Scenario]:
    """A machine that starts at once is made while a link of a zone or an endpoint is not there."""
    nodes = "properties.properties.scaleSettings.minNodeCount"
    links = of_arm_type(life, "microsoft.network/privatednszones/virtualnetworklinks") if row.by_name else ()
    ways = [*links, *of_arm_type(life, "microsoft.network/privateendpoints")]
    for held in of_arm_type(life, row.type):
        _, inputs = life.inputs(held)
        if first_at(inputs, nodes) is not None:
            inputs = replaced(inputs, nodes, 1)
        for each in ways:
            yield partial(whole, life, held.id, each.id), anew(life, held, **inputs)


SCENARIOS: dict[str, Callable[[Any, Life], Iterator[Scenario]]] = {
    "IMMUTABLE": immutable,
    "LOCKS": locks,
    "IN_USE": in_use,
    "DELEGATED": delegated,
    "HELD": held_by_state,
    "BLOCKED": blocked,
    "SERIAL": serial,
    "TAKEN": taken,
    "UNIQUE": unique,
    "OVERLAPS": overlaps,
    "SOFT_DELETED": soft_deleted,
    "RETIRED": retired,
    "ROLES": roles,
    "FRESH": fresh,
    "REACHED": reached,
}


def outcome(scenario: Scenario) -> tuple[str, str]:
    """The key of the row that refused, or the code of another refusal, and its text."""
    make, act = scenario
    world = make()
    try:
        act(Azure(world))
    except AzureError as error:
        return (world.refused[-1] if world.refused else error.code), error.message
    return "", ""


@contextlib.contextmanager
def without(row: Refusal) -> Iterator[None]:
    """Takes a row out of its table."""
    table = getattr(refusals, row.table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refusals, row.table, tuple(each for each in table if each is not row))
        yield


def meeting(row: Refusal, lives: list[Life]) -> Optional[Scenario]:
    """The first scenario in which a row refuses."""
    for life in lives:
        for scenario in SCENARIOS[row.table](row, life):
            key, text = outcome(scenario)
            if key == row.key:
                assert not re.search(r"{\w+}", text), text
                return scenario
    return None


REFUSING = [row for row in ROWS if getattr(row, "again", Again.REFUSED) is Again.REFUSED]


def test_each_row_refuses_and_nothing_refuses_without_it(lives):
    found, wrong = set(), []
    for row in REFUSING:
        scenario = meeting(row, lives)
        if scenario is None:
            found.add(row.key)
            continue
        with without(row):
            key, text = outcome(scenario)
        if key:
            wrong.append(f"{row.key}: without it, {key} refuses: {text}")
    assert not wrong, "\n".join(wrong)
    found |= set(exceptions(lives))
    if os.environ.get("UPDATE_GOLDEN"):
        FILE.write_text("".join(f"{each}\n" for each in sorted(found)))
    else:
        assert found == set(FILE.read_text().splitlines())


def exceptions(lives: list[Life]) -> Iterator[str]:
    """The exceptions from a refusal that no stack can meet. A change by any other one is refused without it."""
    for (type_, path), kept in ONE_WAY.items():
        if not may_change(lives, type_, path, "ONE_WAY", lambda old, kept=kept: None if old == kept else another(old)):
            yield f"ONE_WAY {type_} {path}"
    for (type_, path), moves in ALLOWED.items():
        for move in moves:
            if not may_change(lives, type_, path, "ALLOWED", dict([move]).get):
                yield f"ALLOWED {type_} {path} {' '.join(move)}"


def may_change(lives: list[Life], type_: str, path: str, table: str, move: Callable[[Any], Any]) -> bool:
    """Whether a stack has a value that may change by an exception. It must not change without it."""
    for life in lives:
        for held in life.world.of_type(type_):
            _, inputs = life.inputs(held)
            old = first_at(inputs, path)
            if isinstance(old, dict) or old is None or (new := move(old)) is None:
                continue
            scenario = partial(trusting, life), again(life, held, **replaced(inputs, path, new))
            assert outcome(scenario) == ("", "")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(refusals, table, {})
                assert outcome(scenario)[0] == f"IMMUTABLE {type_} {path}"
            return True
    return False


@pytest.mark.parametrize("row", [row for row in SOFT_DELETED if row not in REFUSING], ids=lambda row: row.type)
def test_what_is_recovered_or_forgotten_is_no_refusal(row, lives):
    make, act = next(scenario for life in lives for scenario in soft_deleted(row, life))
    for rows, times in ((SOFT_DELETED, 1 if row.again is Again.RECOVERED else 2), ((), 2)):
        world = make()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(refusals, "SOFT_DELETED", rows)
            act(Azure(world))
        assert max(world.made.values()) == times
        assert bool(world.deleted) is (bool(rows) and row.again is Again.NEW and isinstance(row.days, int))


def test_a_role_has_no_effect_for_as_long_as_a_fault_says(lives):
    life = next(each for each in lives if each.name == "claims dev")
    [app] = life.world.of_type("azure-native:app:ContainerApp")
    azure = Azure(whole(life, app.id))
    azure.world.faults.append(Fault("roleAssignments", EFFECT, times=2))
    for _ in range(2):
        with pytest.raises(AzureError, match="unable to pull image using Managed identity") as error:
            anew(life, app)(azure)
        assert (error.value.status, error.value.code) == (400, "ContainerAppOperationError")
    anew(life, app)(azure)
    assert azure.world.faults == []
