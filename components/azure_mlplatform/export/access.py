"""docs/access.md: who may do what, from the tables in code."""

from collections.abc import Iterator

from ..foundation.access_model import GRANTS, PARTS, Grant, Who
from ..foundation.custom_roles import CUSTOM_ROLES, CustomRole, RoleDefinition
from ..foundation.profiles import Environment
from ..parts.settings.trust import DEVOPS_ISSUER

_HEAD = """# Who may do what

Generated from `components/azure_mlplatform/foundation/access_model.py` and `foundation/custom_roles.py`; `make golden`
writes it. A test compares the tables with what the plans of all stacks grant. Nothing was tried on a real
subscription.

In test and prod no person works. Groups there at most see, keys and local accounts are off, and what writes is an
identity of a pipeline or of a running workload. People are named as Entra groups, never one by one."""

_PIPELINES = """## Pipelines

Two identities an environment, never one, both made by landing in a group of their own (`CIIdentity`). None has a
secret: each trusts tokens of pipelines. A sandbox has neither.

- *Deploy* runs `pulumi`. Its GitHub environment is `<project>-prod`, or dev, or test.
- *Release* submits jobs, registers and deploys models, and shifts traffic. Its GitHub environment is
  `<project>-prod-release`.
  Name it in the environment's settings: `access.release_identity_id`.

{subjects}

Refused everywhere: `pull_request` (anybody's code would act as the identity), wildcards (they never match), and a
repository of another owner without `other_owner_reason`. `mlplatform check` refuses one subject on two identities.

`workload_identity` is what running workloads act as. Its trust in GitHub moves to these two identities: in this
release it warns. Land first, then take `github_repository` out of `workload_identity` in the same change that gives the
pipeline the new client id.

## A person deploys prod

`pulumi up` on prod goes on only if azure-native will use OIDC, a managed identity or a client certificate, by its own
variables and in its own order: `ARM_USE_DEFAULT_AZURE_CREDENTIAL`, `ARM_CLIENT_CERTIFICATE_PATH`,
`ARM_CLIENT_SECRET`, `ARM_USE_OIDC`, `ARM_USE_MSI`, else the Azure CLI. A preview is a person's too. This is a seat
belt: what holds is that no person has the right.

`break_glass: {until: "2026-12-03", reason: "GitHub is down, INC-4711"}` lets a person's sign-in pass for at most three
days. It gives no right. The right is given outside this library, by Entra Privileged Identity Management: a group that
is *eligible*, not active, for the deploy role on the environment's group; activated with an approval and a reason, for
some hours; and reviewed. No standing assignment in prod is a person's, and no setting of this library can make one."""

_SUBJECTS = (
    (
        "GitHub Actions",
        "`repo:<organisation>/<repository>:environment:<project>-<kind>`, with ids (`github_ids`) or both",
        "only this environment's GitHub environment",
    ),
    ("GitHub Actions", "`…:ref:…`, another environment", "refused"),
    (
        "Azure DevOps, Entra's issuer",
        "`/eid1/c/pub/t/<tenant>/a/<Azure DevOps>/sc/<organization>/<connection>`",
        "a service connection, of the issuer's tenant",
    ),
    (
        "Azure DevOps, its own issuer",
        "`sc://<organization>/<project>/<connection>`",
        f"a service connection; the issuer ends on {DEVOPS_ISSUER.retires}",
    ),
    ("any other", "any", "with `other_issuer_reason`"),
)

_READERS = """## What readers see

Azure's Reader may query all logs of the group's Log Analytics, container output too ("Manage access to Log Analytics
workspaces"), and sees datastores with their credentials, says "Manage access to Azure Machine Learning workspaces". So
readers get a role of their own: everything but logs, tables of logs, files of notebooks, previews of data, and what
answers with a secret under the name `read`. They still see names, tags and addresses, metrics, what jobs say of
themselves (their parameters and tags), and that a datastore is there. A datastore of this library holds no credential.
Data scientists keep Azure's Reader, for the logs of their own work."""

_LIVE = """## A live environment

- Data Factory and Synapse had *AzureML Data Scientist*, and readers had *Reader*. With the update the assignments are
  replaced, the old one first, under the same names: for some seconds, until Azure has taken the new one in, a batch job
  may fail to start; its attempts go on. Run the update between two schedules.
- The definitions are made before. Whoever deploys then needs `Microsoft.Authorization/roleDefinitions/write` on the
  group; `mlplatform rights` lists it. With `access.custom_roles: shared` it does not: the platform team's stack has
  made them."""


def access_document() -> Iterator[str]:
    """The lines of the document."""
    yield from _HEAD.splitlines()
    yield from _parts()
    yield ""
    yield from _PIPELINES.replace("{subjects}", "\n".join(_subjects())).splitlines()
    yield ""
    yield from _READERS.splitlines()
    yield ""
    yield from _grants()
    yield ""
    yield from _roles()
    yield ""
    yield from _LIVE.splitlines()


def _parts() -> Iterator[str]:
    kinds = [each.value for each in Environment]
    yield ""
    yield f"| who | where they are named | {' | '.join(kinds)} |"
    yield "|---" * (2 + len(kinds)) + "|"
    for each in PARTS:
        place = f"`{each.setting}`" if "." in each.setting and " " not in each.setting else each.setting or "outside"
        yield f"| {each.who} | {place} | {' | '.join(each.may)} |"


def _subjects() -> Iterator[str]:
    yield "| issuer | subject | in prod |"
    yield "|---|---|---|"
    yield from (f"| {' | '.join(each)} |" for each in _SUBJECTS)


def _grants() -> Iterator[str]:
    yield "## Every role that a project's stack gives"
    yield ""
    yield "| who | role | on | in | for |"
    yield "|---|---|---|---|---|"
    yield from map(_grant, sorted(GRANTS, key=lambda each: list(Who).index(each.who)))


def _grant(grant: Grant) -> str:
    kinds = [each.value for each in Environment if each in grant.environments]
    where = "all" if len(kinds) == len(Environment) else ", ".join(kinds)
    return f"| {grant.who} | {grant.role_name} | {grant.on} | {where} | {grant.why} |"


def _roles() -> Iterator[str]:
    yield "## The library's own roles"
    yield ""
    yield "Made by each environment in its group, or once for nonprod and once for prod (`access.custom_roles`). The"
    yield "last twelve digits of a definition's id are those of its role."
    for key, row in CUSTOM_ROLES.items():
        yield from _role(key, row)


def _role(key: CustomRole, row: RoleDefinition) -> Iterator[str]:
    yield ""
    yield f"### {row.name} (`{key}`)"
    yield ""
    yield row.description
    yield ""
    yield f"- Actions: {_listed(row.actions)}"
    if row.not_actions:
        yield f"- Not: {_listed(row.not_actions)}"
    yield f"- Source: {row.source} (read {row.day}){'; assumed in part' if row.assumed else ''}."


def _listed(actions: tuple[str, ...]) -> str:
    return ", ".join(f"`{each}`" for each in actions)
