"""What two environments may write, who is in both, and who can give rights: on plans as data, and on real ones."""

import json
from dataclasses import replace as replaced_in
from typing import Any

import pytest
from pydantic import TypeAdapter

from azure_mlplatform.access.conditions import ASSIGN, Asked, allows
from azure_mlplatform.access.effective_rights import (
    Definition,
    Estate,
    Grant,
    Identity,
    PlanGrants,
    Share,
    grants_of,
)
from azure_mlplatform.access.separation import violations
from azure_mlplatform.catalogue.role_permissions import BUILT_IN, NEVER_ASSIGNED
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.testing import SUBSCRIPTION
from support.programs import CENTRAL, LAKE, STORE, whole
from support.stacks import IDS, ROOT, STACKS, plan_of, rights_of_stack

CONTAINER = f"{CENTRAL}/Microsoft.Storage/storageAccounts/stlake/blobServices/default/containers/sales"
ACCOUNT = CONTAINER.partition("/blobServices")[0]
ZONE = f"{CENTRAL}/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
REASON = "Both models read it, ARC-204"
OWNER = NEVER_ASSIGNED[0].id


def group(project: str, environment: str) -> str:
    return f"/subscriptions/s/resourcegroups/rg-{project}-{environment}"


def grant(role: Role | str, scope: str, who: str = "", kind: str = "ServicePrincipal", condition: str = "") -> Grant:
    return Grant(who, kind, ROLE_IDS.get(role, str(role)), scope, condition)  # type: ignore[call-overload]


def stack(project: str, environment: str, *grants: Grant, **more: Any) -> PlanGrants:
    """A plan with an identity `<project>-<environment>`, which gets what no other principal is named for."""
    who = f"{project}-{environment}"
    return PlanGrants(
        **{
            "label": f"projects/{project} {environment}",
            "file": f"projects/{project}/Pulumi.{environment}.yaml",
            "project": project,
            "environment": environment,
            "groups": (group(project, environment),),
            "identities": (Identity(who, "computes", f"id-{who}"),),
            "grants": tuple(each._replace(principal=each.principal or who) for each in grants),
            "definitions": (),
            "shares": (),
            "shared_clusters": (),
            **more,
        }
    )


def said(*plans: PlanGrants) -> list[str]:
    return [str(each) for each in violations(plans)]


WRITER = Role.STORAGE_BLOB_DATA_CONTRIBUTOR
READER = Role.STORAGE_BLOB_DATA_READER


@pytest.mark.parametrize(
    ("dev", "prod", "together"),
    [
        (grant(WRITER, CONTAINER), grant(WRITER, CONTAINER), True),
        (grant(WRITER, CONTAINER), grant(READER, CONTAINER), False),
        (grant(READER, CONTAINER), grant(READER, CONTAINER), False),
        (grant(WRITER, ACCOUNT), grant(WRITER, CONTAINER), True),
        (grant(WRITER, CONTAINER.upper()), grant(WRITER, ACCOUNT), True),
        (grant(WRITER, f"{CONTAINER}s"), grant(WRITER, CONTAINER), False),
        (grant(WRITER, f"{ACCOUNT}2"), grant(WRITER, CONTAINER), False),
        (grant(Role.CONTRIBUTOR, CENTRAL.partition("/providers")[0]), grant(WRITER, CONTAINER), True),
        (grant(Role.CONTRIBUTOR, ACCOUNT), grant(Role.STORAGE_QUEUE_DATA_CONTRIBUTOR, ACCOUNT), True),
        (grant(WRITER, ACCOUNT), grant(Role.STORAGE_QUEUE_DATA_CONTRIBUTOR, ACCOUNT), False),
        (grant(Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, ZONE), grant(Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, ZONE), True),
        (
            grant(Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, f"own.{ZONE}"),
            grant(Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, ZONE),
            False,
        ),
        (grant(Role.READER, ZONE), grant(Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, ZONE), False),
        (grant("0000-of-nobody", CONTAINER), grant(WRITER, CONTAINER), True),
    ],
)
@pytest.mark.parametrize("other", ["churn", "fraud"])
def test_nothing_is_written_by_two_environments(dev, prod, together, other):
    every = said(stack("churn", "dev", dev), stack(other, "prod", prod))
    assert every == said(stack(other, "prod", prod), stack("churn", "dev", dev))
    found = [each for each in every if "may write" in each]
    assert bool(found) is together, found
    assert all("shares: [{resource_id: " in each for each in found)


def shared(project: str, environment: str, reason: str = REASON, resource: str = CONTAINER) -> dict[str, Any]:
    return {"shares": (Share(resource.lower(), project, environment, reason),)}


@pytest.mark.parametrize(
    ("dev", "prod", "allowed"),
    [
        (shared("churn", "prod"), shared("churn", "dev"), True),
        (shared("churn", "prod", resource=ACCOUNT), shared("churn", "dev"), True),
        (shared("churn", "prod"), {}, False),
        ({}, shared("churn", "dev"), False),
        (shared("churn", "prod"), shared("churn", "dev", "Another reason"), False),
        (shared("churn", "prod"), shared("churn", "test"), False),
        (shared("churn", "prod", resource=f"{ACCOUNT}2"), shared("churn", "dev"), False),
    ],
)
def test_what_is_shared_stands_with_one_reason_in_the_settings_of_both(dev, prod, allowed):
    found = said(
        stack("churn", "dev", grant(WRITER, CONTAINER), **dev), stack("churn", "prod", grant(WRITER, CONTAINER), **prod)
    )
    assert (found == []) is allowed, found


def test_of_many_that_write_one_thing_each_is_told_once():
    plans = [stack(f"p{number}", "dev", grant(WRITER, CONTAINER)) for number in range(40)]
    found = said(*plans)
    assert len(found) == 39
    assert said(*reversed(plans)) == found


@pytest.mark.parametrize("role", [WRITER, READER, Role.KEY_VAULT_SECRETS_USER, Role.CONTRIBUTOR])
def test_no_rights_on_what_another_environment_makes(role):
    scope = f"{group('fraud', 'prod')}/providers/Microsoft.Storage/storageAccounts/stfraud"
    mine = stack("churn", "prod", grant(role, scope))
    [problem] = said(mine, stack("fraud", "prod"))
    assert "id-churn-prod gets" in problem
    assert "which projects/fraud prod makes" in problem
    named = {"shares": (Share(scope.lower(), "churn", "prod", REASON),)}
    assert said(mine, stack("fraud", "prod", **named)) != []
    both = mine._replace(shares=(Share(scope.lower(), "fraud", "prod", REASON),))
    assert said(both, stack("fraud", "prod", **named)) == []


def test_an_owner_names_who_gets_a_right_by_giving_it_but_not_across_prod():
    scope = f"{group('fraud', 'prod')}/providers/Microsoft.Storage/storageAccounts/stfraud"
    given = grant(READER, scope, who="churn-prod")
    assert said(stack("churn", "prod"), stack("fraud", "prod", given)) == []
    assert said(stack("churn", "dev"), stack("fraud", "prod", given._replace(principal="churn-dev"))) != []


def test_reading_what_another_makes_is_no_finding():
    scope = f"{group('fraud', 'prod')}/providers/Microsoft.Storage/storageAccounts/stfraud"
    assert said(stack("churn", "dev", grant(Role.READER, scope)), stack("fraud", "prod")) == []


@pytest.mark.parametrize("other", [("churn", "prod"), ("fraud", "dev")])
def test_environments_have_groups_of_their_own(other):
    one = stack("churn", "dev", groups=("/subscriptions/s/resourcegroups/rg-ours",))
    two = stack(*other, groups=("/subscriptions/s/resourcegroups/rg-ours",))
    [problem] = said(one, two)
    assert "resource group rg-ours is also the group of" in problem
    assert "resource_group_id" in problem


def test_the_stacks_of_one_environment_share_their_group():
    landing = stack("churn", "prod", label="projects/churn/landing prod")
    assert said(stack("churn", "prod"), landing) == []


PEOPLE = "5eed"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (grant(Role.READER, group("churn", "prod"), PEOPLE, "User"), "a person"),
        (grant(Role.READER, group("churn", "prod"), PEOPLE, "*"), "it may be a person"),
        (grant(WRITER, group("churn", "prod"), PEOPLE, "Group"), "group 5eed has Storage Blob Data Contributor"),
        (grant(READER, group("churn", "prod"), PEOPLE, "Group"), "group 5eed has Storage Blob Data Reader"),
        (grant(Role.READER, group("churn", "prod"), PEOPLE, "Group"), None),
    ],
)
def test_prod_is_closed_to_people(given, text):
    found = said(stack("churn", "prod", given))
    assert (text is None and not found) or any(str(text) in each for each in found), found
    assert said(stack("churn", "dev", given._replace(scope=group("churn", "dev")))) == []


@pytest.mark.parametrize("kind", ["Group", "ServicePrincipal"])
@pytest.mark.parametrize("other", [("churn", "test"), ("fraud", "dev")])
def test_no_principal_of_others_has_more_than_reading_in_two_environments(kind, other):
    one = stack("churn", "dev", grant(WRITER, group("churn", "dev"), PEOPLE, kind))
    two = stack(*other, grant(Role.READER, group(*other), PEOPLE, kind))
    [problem] = said(one, two)
    assert f"{PEOPLE} has rights here and in projects/churn dev" in problem
    only_readers = one._replace(grants=(grant(Role.READER, group("churn", "dev"), PEOPLE, kind),))
    assert said(only_readers, two) == []


def condition_for(*roles: Role, kinds: str = "'ServicePrincipal'", but: str = "deploy") -> str:
    ids = ", ".join(ROLE_IDS[each] for each in roles)
    of = "Microsoft.Authorization/roleAssignments"
    return " AND ".join(
        f"((!(ActionMatches{{'{of}/{verb}'}})) OR (@{at}[{of}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{ids}}} "
        f"AND @{at}[{of}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{{kinds}}}"
        f" AND @{at}[{of}:PrincipalId] ForAnyOfAllValues:GuidNotEquals {{{but}}}))"
        for verb, at in (("write", "Request"), ("delete", "Resource"))
    )


DEPLOY = (Identity("deploy", "CI: deploy", "id-churn-deploy-prod", trusted=True),)


def deployed(
    condition: str, also: tuple[Grant, ...] = (), *, role: Role | str = Role.RBAC_ADMINISTRATOR, **more: Any
) -> list[str]:
    """The findings if the identity that deploys churn prod may assign roles on its group with a condition, and its plan
    gives more than two roles."""
    mine = group("churn", "prod")
    landing = stack(
        "churn",
        "prod",
        grant(role, mine, "deploy", condition=condition),
        label="projects/churn/landing prod",
        groups=(),
        **{"identities": DEPLOY, **more},
    )
    vault = f"{mine}/providers/Microsoft.KeyVault/vaults/kv"
    gives = (grant(Role.KEY_VAULT_ADMINISTRATOR, vault), grant(WRITER, mine), *also)
    return said(landing, stack("churn", "prod", *gives))


def test_who_deploys_may_hand_out_what_its_plans_give():
    assert deployed(condition_for(WRITER, Role.KEY_VAULT_ADMINISTRATOR)) == []


def test_who_deploys_may_give_itself_nothing():
    [found] = deployed(condition_for(WRITER, Role.KEY_VAULT_ADMINISTRATOR, but="another"))
    assert "may assign roles on resource group rg-churn-prod, and give itself what no plan gives it there" in found
    assert "Key Vault Administrator, Storage Blob Data Contributor" in found


RELEASE = Identity("release", "CI: release", "id-churn-release-prod", trusted=True)


def test_who_deploys_gives_who_releases_what_the_plans_give_it():
    both: dict[str, Any] = {"identities": (*DEPLOY, RELEASE)}
    [found] = deployed(condition_for(WRITER, Role.KEY_VAULT_ADMINISTRATOR), **both)
    assert "and give CI: release id-churn-release-prod what no plan gives it there: Key Vault Administrator" in found
    given = grant(WRITER, group("churn", "prod"), "release")
    assert deployed(condition_for(WRITER), (given,), **both) == []
    [found] = deployed(condition_for(WRITER, READER), (given, grant(READER, group("churn", "prod"))), **both)
    assert "what no plan gives it there: Storage Blob Data Reader" in found
    assert deployed(condition_for(WRITER, but="deploy, release"), (given,), **both) == []


PARTS = f"{group('churn', 'prod')}/providers"
OWN_CLUSTER = f"{PARTS}/Microsoft.ContainerService/managedClusters/aks-churn-prod"


def test_contributor_is_handed_out_for_a_cluster_alone_and_never_to_a_pipeline():
    on_cluster = grant(Role.CONTRIBUTOR, OWN_CLUSTER)
    assert deployed(condition_for(WRITER, Role.CONTRIBUTOR), (on_cluster,)) == []
    found = deployed(condition_for(WRITER, Role.CONTRIBUTOR, but="another"), (on_cluster,))
    assert any("give itself what no plan gives it there: Contributor" in each for each in found)
    for scope in (f"{PARTS}/Microsoft.Storage/storageAccounts/st", group("churn", "prod")):
        found = deployed(condition_for(WRITER, Role.CONTRIBUTOR), (on_cluster, grant(Role.CONTRIBUTOR, scope)))
        assert any("roles that let their holder give more (Contributor)" in each for each in found)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("", "roles that its plans do not give there"),
        ("not understood", "roles that its plans do not give there"),
        (condition_for(WRITER, Role.CONTRIBUTOR), "any of 1 roles that its plans do not give there (Contributor)"),
        (condition_for(WRITER, Role.RBAC_ADMINISTRATOR), "Role Based Access Control Administrator"),
        (condition_for(WRITER, kinds="'ServicePrincipal', 'User'"), "principals of the kind User in prod"),
        (condition_for(WRITER, kinds="'ServicePrincipal', 'Group'"), "principals of the kind Group in prod"),
    ],
)
def test_who_deploys_may_hand_out_nothing_else(condition, text):
    found = deployed(condition)
    assert any(text in each and "CI: deploy id-churn-deploy-prod may assign roles" in each for each in found), found


@pytest.mark.parametrize(
    "operation",
    [
        "Microsoft.Authorization/roleDefinitions/write",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        "Microsoft.Authorization/locks/delete",
        "Microsoft.Authorization/*",
    ],
)
def test_a_role_that_gives_in_other_ways_is_found(operation):
    made = Definition("own-role", "churn prod up", (operation, "*/read"), (), (), ())
    found = deployed("", role="own-role", definitions=(made,))
    assert any("can give itself more" in each or "may assign roles" in each for each in found), found


def test_rights_that_can_be_taken_count_as_rights():
    """Who may assign a writing role on a container may write it."""
    admin = grant(Role.RBAC_ADMINISTRATOR, CONTAINER, condition=condition_for(WRITER))
    reads = grant(Role.RBAC_ADMINISTRATOR, CONTAINER, condition=condition_for(READER))
    prod = stack("churn", "prod", grant(WRITER, CONTAINER))
    own = (grant(WRITER, CONTAINER), grant(READER, CONTAINER))
    assert any("may write" in each for each in said(stack("churn", "dev", admin, *own[:0]), prod))
    assert not [each for each in said(stack("churn", "dev", reads, own[1]), prod) if "may write" in each]


def test_what_is_kept_goes_through_json_unchanged():
    for folder, name in STACKS[:4]:
        kept = grants_of(plan_of(folder, name))
        adapter = TypeAdapter(PlanGrants)
        text = adapter.dump_json(kept)
        assert adapter.validate_json(text) == kept
        assert len(text) < 40_000


@pytest.mark.parametrize(("folder", "name"), STACKS, ids=IDS)
def test_every_right_of_a_stack_is_of_somebody_and_of_a_role_that_is_known(folder, name):
    mine = grants_of(plan_of(folder, name))
    assert mine.environment == name
    # A landing makes identities that its project's stack names.
    landings = [each for each in STACKS if each[0] == folder / "landing"]
    estate = Estate([mine, *(grants_of(plan_of(*each)) for each in landings)])
    for each in (each for each in estate.rights if each.by.key == mine.key):
        assert not each.role.startswith("unknown"), each
        # What is shared names pipelines by the ids that landings print.
        assert folder.name == "shared" or each.who.kind != "unknown principal", each
        assert each.who.kind in ("group", "workspace") or each.who.kind[0].islower() or each.of is not None


def test_the_environments_of_this_repository_are_apart():
    plans = [
        replaced_in(plan_of(folder, name), folder="" if folder == ROOT else f"projects/{folder.name}")
        for folder, name in STACKS
    ]
    assert said(*map(grants_of, plans)) == []


@pytest.mark.parametrize(("folder", "name"), STACKS, ids=IDS)
def test_the_condition_of_each_stack_hands_out_what_the_stack_gives(folder, name):
    rights = rights_of_stack(folder, name)
    for scope in rights.scopes:
        condition = rights.condition(scope)
        if not condition:
            continue
        inside = [each for each in rights.assignments if rights._granted_on(each) == scope.lower()]
        passed = {
            (role, kind)
            for role in BUILT_IN
            for kind in ("Group", "ServicePrincipal", "User")
            if allows(condition, Asked(ASSIGN, role, kind))
        }
        assert passed == {(each.role_id, each.principal_type) for each in inside if each.role_id in BUILT_IN}
        assert OWNER not in {role for role, _ in passed}


GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ours"


def two(one: Any, other: Any) -> list[str]:
    return said(grants_of(replaced_in(one, folder="a")), grants_of(replaced_in(other, folder="b")))


def test_dev_and_prod_in_one_given_group_are_refused():
    plans = [whole(each, resource_group_id=GROUP_ID, inference=None) for each in ("dev", "prod")]
    assert any("resource group rg-ours is also the group of" in each for each in two(*plans))


def with_store(access: str, **more: Any) -> dict[str, Any]:
    store = {**STORE, "access": access}
    cluster = {"name": "cpu", "vm_size": "Standard_D4ds_v4"}
    return {
        "workspace": {"network_mode": "own", "clusters": [cluster], "datastores": [store]},
        "inference": None,
        "batch": None,
        **more,
    }


def test_a_container_that_dev_and_prod_write_takes_a_reason_in_both():
    dev, prod = whole("dev", **with_store("write")), whole("prod", **with_store("write"))
    assert any("may write containers" in each for each in two(dev, prod))
    assert [each for each in two(whole("dev", **with_store("read")), prod) if "may write" in each] == []
    container = f"{STORE['storage_account_id']}/blobServices/default/containers/{STORE['container']}"

    def share(environment: str) -> list[dict[str, str]]:
        return [{"resource_id": container, "project": "churn", "environment": environment, "reason": REASON}]

    dev, prod = (
        whole("dev", **with_store("write", shares=share("prod"))),
        whole("prod", **with_store("write", shares=share("dev"))),
    )
    assert two(dev, prod) == []


def test_the_storage_of_another_projects_workspace_is_not_written():
    fraud = plan_of(ROOT / "projects" / "fraud", "prod")
    [account] = [each.id for each in fraud.of_type("StorageAccount") if each.azure_name.startswith("stfraud")]
    store = {**STORE, "storage_account_id": account, "access": "write", "hierarchical": False}
    settings = with_store("write")
    settings["workspace"]["datastores"] = [store]
    found = two(whole("prod", **settings), fraud)
    assert any("gets Storage Blob Data Contributor on containers" in each and "b prod makes" in each for each in found)


@pytest.mark.parametrize(("reason", "shared_zone"), [(None, False), ("Made before zones were apart", True)])
def test_each_cluster_writes_a_zone_of_its_own_below_the_adopted_one(reason, shared_zone):
    dns = {"dns": {"mode": "adopt", "resource_group_id": f"{LAKE.partition('/providers')[0]}"}}
    aks = {"https": {"cname": "a.example.com", "secret_name": "tls"}, "shared_zone_reason": reason}
    inference = {"target": "aks", "endpoints": [{"name": "scoring"}], "aks": aks}
    plans = [
        whole(each, inference=inference, network={"address_space": [space], **dns})
        for each, space in (("dev", "10.20.0.0/22"), ("prod", "10.30.0.0/22"))
    ]
    zones = [
        each.input("scope")
        for plan in plans
        for each in plan.of_type("RoleAssignment")
        if each.name.endswith("zone-contributor")
    ]
    adopted = "/privateDnsZones/privatelink.westeurope.azmk8s.io"
    assert [each.endswith(adopted) for each in zones] == [shared_zone] * 2
    assert two(*plans) == []


def test_a_central_cluster_in_prod_takes_a_reason():
    central, pricing = (plan_of(ROOT / "projects" / name, "prod") for name in ("central", "pricing"))
    kept = [grants_of(replaced_in(each, folder=each.project)) for each in (central, pricing)]
    assert said(*kept) == []
    found = said(kept[0], kept[1]._replace(shares=()))
    assert any("gets Contributor on managedClusters aks-central-prod" in each for each in found)
    dev = kept[1]._replace(environment="dev")
    assert any("gets Contributor on managedClusters" in each for each in said(kept[0], dev))


def test_the_answers_of_json_are_plain():
    assert json.loads(TypeAdapter(PlanGrants).dump_json(stack("churn", "dev")))[0] == "projects/churn dev"
