"""`mlplatform endpoint smoke`: sends cases to an endpoint and judges its answers."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from .endpoint import (
    DEFAULT_MODEL_PATH,
    DeploymentOption,
    EndpointArgument,
    ModelPath,
    NoToken,
    Scope,
    endpoint_of,
    needs_extra,
    reaching_azure,
    tell,
)
from .exit_codes import FINDING, UNREACHABLE
from .options import AsJson, Environments, OutputFile
from .output import output

if TYPE_CHECKING:
    from ..measure.endpoints.endpoint import Endpoint
    from ..measure.smoke.cases import Cases
    from ..measure.smoke.run import Result, SmokeTest

EXAMPLES = (
    "mlplatform endpoint smoke prod/scoring cases.yaml                       as callers use it",
    "mlplatform endpoint smoke prod/scoring cases.yaml --deployment green    only this version",
    "mlplatform endpoint smoke prod/scoring cases.yaml --junit smoke.xml     for a pipeline",
)


def smoke(
    endpoint: EndpointArgument,
    cases: Annotated[
        Path, typer.Argument(metavar="CASES", help="The file of cases, YAML or JSON: docs/measure.md, Smoke tests.")
    ],
    deployment: DeploymentOption = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, max=3600, help="The longest time of one request.")
    ] = 60,
    junit: Annotated[
        Optional[Path], typer.Option("--junit", metavar="FILE", help="Write the results as JUnit, too.")
    ] = None,
    environments: Environments = None,
    scope: Scope = None,
    no_token: NoToken = False,
    path: ModelPath = DEFAULT_MODEL_PATH,
    as_json: AsJson = False,
    file: OutputFile = None,
) -> None:
    """Send cases to an endpoint, and compare its answers.

    Each case is sent once, in order, with a token of Entra ID. A case has an input, an expected answer or a JSON
    Schema, a tolerance, the longest time and the status. All cases are sent, even if one fails. Exits with 1 if one
    failed, with 3 if the endpoint cannot be reached or does not let the caller in.
    """
    from ..measure.smoke.cases import read_cases, uses_schemas
    from ..measure.smoke.junit import junit as junit_text
    from ..measure.smoke.run import smoke_test
    from .answers import EndpointSmoke

    with output(EndpointSmoke, file, as_json=as_json) as said, reaching_azure():
        with needs_extra("a case with a schema", "jsonschema"):
            wanted = read_cases(cases)
            if uses_schemas(wanted):
                import jsonschema as _  # noqa: F401
        found = endpoint_of(endpoint, environments=environments, scope=scope, no_token=no_token, path=path)
        tested = smoke_test(
            found,
            wanted,
            deployment=deployment or "",
            timeout=timeout,
            sending=lambda each: _tell(each.name),
        )
        unsent = tuple(each.name for each in wanted.cases[len(tested.results) :])
        if junit is not None:
            suite = f"{found.name}/{deployment}" if deployment else found.name
            junit.write_text(junit_text(tested, suite, unsent), encoding="utf-8")
        if as_json:
            said.answer(**_as_json(found, deployment, tested, unsent))
        else:
            said.lines(_lines(wanted, tested, unsent))
        if tested.unreachable:
            if not as_json:
                tell(f"error: {tested.unreachable}")
            raise typer.Exit(UNREACHABLE)
        if not all(each.passed for each in tested.results):
            raise typer.Exit(FINDING)


def _tell(name: str) -> None:
    if sys.stderr.isatty():
        tell(f"sending {name}")


def _lines(wanted: "Cases", tested: "SmokeTest", unsent: tuple[str, ...]) -> Iterator[str]:
    width = max(len(each.name) for each in wanted.cases)
    for each in tested.results:
        yield from _of(each, width)
    yield from (f"{'not sent':<10}{name:<{width}}" for name in unsent)
    passed = sum(each.passed for each in tested.results)
    yield f"{passed} of {len(wanted.cases)} passed"


def _of(result: "Result", width: int) -> Iterator[str]:
    mark = "passed" if result.passed else "failed"
    answered = result.answered
    numbers = f"{answered.status or '-':>5}{answered.ms:>9.1f} ms" if answered else ""
    yield f"{mark:<10}{result.case.name:<{width}}{numbers}"
    yield from (f"{'':<10}{each}" for each in result.failures)


def _as_json(
    endpoint: "Endpoint", deployment: Optional[str], tested: "SmokeTest", unsent: tuple[str, ...]
) -> dict[str, Any]:
    from ..foundation.printable import printable

    return {
        "endpoint": endpoint.id,
        "kind": endpoint.kind.value,
        "deployment": deployment,
        "passed": sum(each.passed for each in tested.results),
        "failed": sum(not each.passed for each in tested.results),
        "unreachable": printable(tested.unreachable),
        "cases": [
            {
                "name": each.case.name,
                "outcome": "passed" if each.passed else "failed",
                "status": each.answered.status if each.answered else None,
                "milliseconds": round(each.answered.ms, 3) if each.answered else None,
                "failures": list(map(printable, each.failures)),
            }
            for each in tested.results
        ]
        + [
            {"name": name, "outcome": "not sent", "status": None, "milliseconds": None, "failures": []}
            for name in unsent
        ],
    }
