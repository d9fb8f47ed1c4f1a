"""Rules that a JSON Schema says of several settings: what an environment needs and refuses, what goes together.

The library judges settings by its checks, and a schema can only repeat them. `tests/config/test_schema.py` holds the
two together: a schema refuses nothing that the checks accept, and refuses what each rule here is for.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Optional

from ..catalogue.ai_kinds import AI_KINDS
from ..catalogue.models import versions
from ..catalogue.vm_sizes import any_size
from ..environment.checks.stack_name import WORDS
from ..environment.settings.access import GROUPS
from ..foundation.model import NAMESPACE
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.rules import one_of
from ..network.settings import DnsMode, EgressKind
from ..workspace.settings.managed_network import Isolation
from ..workspace.settings.workspace import NetworkMode

Schema = dict[str, Any]


def _at(path: str, schema: Schema) -> Schema:
    """The schema of what holds a setting, such as `workspace.instances[]`. What is not there is not judged."""
    for name in reversed(path.split(".")):
        if name.endswith("[]"):
            schema = {"items": schema}
        # The property itself is offered already.
        schema = {"properties": {name.removesuffix("[]"): {**schema, "doNotSuggest": True}}}
    return schema


def _given(field: str, schema: Optional[Schema] = None) -> Schema:
    """A condition: a field is there, with a value that fits."""
    return {**_at(field, schema or {"not": {"type": "null"}}), "required": [field]}


def _none(message: str) -> Schema:
    """Nothing: a setting is left out or empty."""
    return {"type": "null", "errorMessage": message}


def _no_item(message: str) -> Schema:
    """No item: as the schema of each item of a list, it allows the empty list only."""
    return {"enum": [], "errorMessage": message}


class ProfileRule(NamedTuple):
    """Says what environments need or refuse whose profile has some property."""

    holds: Callable[[Profile], bool]
    """Whether it holds with a profile."""

    schema: Callable[[str], Schema]
    """The rule for the settings, by key without namespace. Takes the names of the environments, for messages."""


def _needs(key: str) -> Callable[[str], Schema]:
    return lambda environments: {
        "required": [f"{NAMESPACE}:{key}"],
        "errorMessage": f"{NAMESPACE}:{key} is needed in {environments}",
    }


def _refuses(path: str, why: str, refused: Callable[[str], Schema] = _none) -> Callable[[str], Schema]:
    return lambda environments: _at(path, refused(f"Not allowed in {environments}: {why}"))


def _may_not_grant(field: str) -> ProfileRule:
    return ProfileRule(
        lambda profile: field not in profile.may_grant,
        _refuses(f"access.{field}[]", "no individual has access", _no_item),
    )


_NOT_ZERO = r"^(?![+-]?0(?:\.0+)?(?:[eE].*)?$)"
"""A number in quotes that is not 0."""

PROFILE_RULES = (
    ProfileRule(lambda profile: profile.needs_budget, _needs("budget")),
    ProfileRule(lambda profile: profile.longest_life_days is not None, _needs("expires_on")),
    ProfileRule(lambda profile: profile.needs_network, _needs("network")),
    *(ProfileRule(lambda profile: profile.has_ci_identities, _needs(each)) for each in ("deploy", "release")),
    *(
        ProfileRule(lambda profile: not profile.has_ci_identities, _refuses(each, "no pipeline deploys or releases"))
        for each in ("deploy", "release")
    ),
    ProfileRule(
        lambda profile: not profile.may_be_public,
        _refuses("network.public_access", "connect through the network"),
    ),
    ProfileRule(
        lambda profile: not profile.may_let_all_out,
        lambda environments: _at(
            "workspace",
            {
                "if": {"not": _given("network_mode", {"not": {"const": NetworkMode.MANAGED}})},
                "then": _at(
                    "managed_network.isolation",
                    {
                        "enum": [each for each in Isolation if each is not Isolation.ALLOW_INTERNET_OUTBOUND],
                        "errorMessage": f"In {environments} a managed network lets out only what its rules name",
                    },
                ),
            },
        ),
    ),
    *map(_may_not_grant, GROUPS),
    ProfileRule(
        lambda profile: not profile.has_ci_identities,
        _refuses("access.release_identity_id", "nothing is released"),
    ),
    ProfileRule(lambda profile: profile.people_may_deploy, _refuses("break_glass", "a person may deploy anyway")),
    ProfileRule(
        lambda profile: "data_scientists" not in profile.may_grant,
        _refuses("synapse.administrators_group_id", "no individual has access"),
    ),
    ProfileRule(
        lambda profile: not profile.may_have_instances,
        _refuses("workspace.instances[]", "each belongs to a person; jobs run on clusters", _no_item),
    ),
    ProfileRule(
        lambda profile: not profile.may_serve_insecurely,
        _refuses("inference.aks.insecure_reason", "give https, with a certificate"),
    ),
    *(
        ProfileRule(lambda profile: not profile.is_promoted, _refuses(path, why, refused))
        for path, why, refused in (
            ("inference.aks", "its nodes run day and night, and nothing is promoted", _none),
            ("workload_identity.github_repository", "nothing is released from it", _none),
            ("workload_identity.federated_credentials[]", "nothing is released from it", _no_item),
        )
    ),
    ProfileRule(
        lambda profile: profile.most_nodes is not None,
        lambda environments: _at(
            "workspace.clusters[].min_nodes",
            {"enum": [0, "0"], "errorMessage": f"In {environments} no node stays between jobs"},
        ),
    ),
    ProfileRule(lambda profile: profile.protect, _refuses("expiry_grace_days", "no date stops it")),
    ProfileRule(lambda profile: not profile.protect, _refuses("lift_locks", "nothing is locked")),
    *(
        ProfileRule(
            lambda profile: profile.highly_available,
            lambda environments, path=path: _at(
                path, {"minimum": 1, "pattern": _NOT_ZERO, "patternErrorMessage": f"In {environments}, at least 1"}
            ),
        )
        for path in ("inference.container_app.min_nodes", "inference.container_app.apps[].min_replicas")
    ),
)
"""The rules of foundation/profiles.py for settings that stand in one file. The cost code stands in another one."""


def environment_rules(properties: Schema) -> list[Schema]:
    """The rules by environment of Pulumi.<stack>.yaml, for the settings in `properties`, by full key."""
    found: list[Schema] = []
    for rule in PROFILE_RULES:
        environments = [each for each, profile in PROFILES.items() if rule.holds(profile)]
        if environments:
            schema = _with_namespace(rule.schema(_listed(environments)))
            # A landing has few of an environment's settings.
            if not {*schema.get("required", ()), *schema.get("properties", ())} <= set(properties):
                continue
            found.append({"if": _given(f"{NAMESPACE}:environment", {"enum": environments}), "then": schema})
    stress_tests = f"{NAMESPACE}:stress_tests"
    if stress_tests in properties:
        prod = {"const": Environment.PROD, "errorMessage": "Load tests need prod's compute: set environment: prod"}
        found.append(
            {
                "if": _given(stress_tests, {"type": "array", "minItems": 1}),
                "then": {"properties": {f"{NAMESPACE}:environment": prod}, "required": [f"{NAMESPACE}:inference"]},
            }
        )
    return [*found, *(_stack_names() if f"{NAMESPACE}:stack_name_reason" in properties else ())]


def _stack_names() -> Iterator[Schema]:
    """Says in an editor that the name of a file is that of another environment. The name is no part of the settings, so
    only yaml-language-server knows it (`filePatternAssociation`), and for others these rules accept everything."""
    reason = f"{NAMESPACE}:stack_name_reason"
    for word, environments in WORDS.items():
        message = f"The stack's name says {word}. If that is meant, add {reason}"
        fits = {"anyOf": [{"enum": sorted(environments)}, {"deprecationMessage": message}]}
        fits["anyOf"][0]["errorMessage"] = message
        yield {
            "if": {"filePatternAssociation": f"Pulumi.{word}.yaml", "not": {"required": [reason]}},
            "then": _at(f"{NAMESPACE}:environment", fits),
        }


def _listed(environments: list[Environment]) -> str:
    *first, last = environments
    return f"{', '.join(first)} and {last}" if first else last.value


def _with_namespace(schema: Schema) -> Schema:
    if "properties" not in schema:
        return schema
    return {**schema, "properties": {f"{NAMESPACE}:{key}": value for key, value in schema["properties"].items()}}


def _skus_and_models_of_kinds() -> Iterator[Schema]:
    for kind, facts in AI_KINDS.items():
        then = _at("sku", {"enum": [*facts.skus, None], "errorMessage": f"Skus of {kind}: {', '.join(facts.skus)}"})
        if not facts.deploys_models:
            then["properties"] |= _at("deployments[]", _no_item(f"A {kind} account serves no models"))["properties"]
        yield {"if": _given("kind", {"const": kind}), "then": then}


def _models_with_versions() -> Iterator[Schema]:
    """Offers the models and versions of the catalogue. Others are used unchecked."""
    known = versions()
    yield _at("model", one_of("Model", list(known), {}))
    for model, of_it in known.items():
        yield {"if": _given("model", {"const": model}), "then": _at("version", one_of("ModelVersion", of_it, {}))}


_LISTED_SIZE = _at("vm_size", any_size({"deprecationMessage": "Not in the catalogue"}))
"""An editor warns of a size that is not in the catalogue. The schema accepts it: the library ignores the case of
letters."""


MODEL_RULES: dict[str, tuple[Schema, ...]] = {
    "AIServiceSettings": tuple(_skus_and_models_of_kinds()),
    "ModelDeployment": tuple(_models_with_versions()),
    "HasListedSize": ({"if": _given("unlisted_size_reason"), "else": _LISTED_SIZE},),
    "_Pool": (_LISTED_SIZE,),
    "NetworkSettings": (
        {
            "if": _given("subnet_ids"),
            "then": {
                "properties": {
                    "address_space": {"maxItems": 0},
                    **{
                        each: {"enum": [], "errorMessage": "Leave it out: the owner of the adopted network decides it"}
                        for each in ("subnets", "egress", "hub")
                    },
                }
            },
            "else": {
                "properties": {"address_space": {"minItems": 1}},
                "required": ["address_space"],
                "errorMessage": "Give address_space for an own network, or subnet_ids for a network that others run",
            },
        },
    ),
    "EgressSettings": (
        {
            "if": _given("kind", {"const": EgressKind.FIREWALL}),
            "then": {**_given("firewall_ip"), "errorMessage": "With kind: firewall, give firewall_ip"},
            "else": _at("firewall_ip", _none("Only with kind: firewall")),
        },
    ),
    "DnsSettings": (
        {
            "if": _given("mode", {"const": DnsMode.ADOPT}),
            "then": {
                "anyOf": [_given("resource_group_id"), _given("zone_ids", {"type": "object", "minProperties": 1})],
            },
            "else": {
                "properties": {
                    "resource_group_id": _none("Only with mode: adopt"),
                    "zone_ids": {"maxProperties": 0},
                }
            },
        },
    ),
}
"""Name of a settings class → the rules across its fields. Those of a base class hold for its subclasses."""
