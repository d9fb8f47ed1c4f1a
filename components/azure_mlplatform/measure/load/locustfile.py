"""Writes a test for Azure Load Testing, for rates that one machine cannot send: a locustfile and its configuration.

Locust is a closed loop: each user waits for an answer before it sends again. While a server stands still nobody sends,
so the requests that would have met the standstill are missing from the percentiles. What is written says so in its
first lines. It shows whether a service bears a rate; how long its callers wait is measured with `run`.

Sources, all read 2026-11-28. Keys of the configuration: Microsoft Learn, "Configure a load test in YAML", and its
training module "Create a load test YAML configuration file" (Locust, `env`, `secrets`). Users are counted for each
engine: "Quickstart: Create a load test with Locust" (4 April 2024). A secret is an environment variable for Locust:
"Load test secured endpoints". Locust's settings as LOCUST_ variables: Locust 2.47, which the tests run with them.
"""

import base64
import json
import math
import re
from collections.abc import Iterator

from azure_mlplatform.foundation.problems import Problem, ProblemsError

from .target import Target

LOCUSTFILE, CASES, CONFIGURATION = "locustfile.py", "cases.json", "load-test.yaml"
TOKEN = "ENDPOINT_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable that the locustfile reads its token from."""

_ID = re.compile(r"[a-z0-9_-]{2,50}")
_SECRET = re.compile(r"https://[\w-]+(\.[\w-]+)+/secrets/[\w-]+(/\w+)?/?")
_PATIENCE = 2.0
"""For answers of up to so many seconds there are users enough to keep the rate."""

_NOTE = """\
A CLOSED LOOP. Each user waits for an answer before it sends again. While the server stands still, nobody sends,
and the requests that would have waited are missing: with a server that is frozen for 2 of 10 seconds, the 95th
percentile here is some milliseconds, and the truth is 1.5 s. Read the rate and the errors here, not the percentiles.
`mlplatform endpoint stress` and `profile` send by a schedule that waits for nobody, and measure from there."""

_PROGRAM = '''\
"""Sends {rate:g} requests a second to {host}, from {engines} test engines. Made by mlplatform.

{note}
"""

import base64
import itertools
import json
import os
import pathlib

from locust import constant_pacing, task
from locust.contrib.fasthttp import FastHttpUser

HEADERS = {headers!r}
{token}
BODIES = itertools.cycle(
    base64.b64decode(each) for each in json.loads((pathlib.Path(__file__).parent / {cases!r}).read_text())
)


class Caller(FastHttpUser):
    host = {host!r}
    # {users} users on each engine, who each send once in this many seconds. If answers take longer, the rate falls.
    wait_time = constant_pacing({pacing:.6g})
    connection_timeout = network_timeout = {timeout:g}
    max_redirects = 0

    @task
    def score(self):
        with self.client.request(
            {method!r},
            {path!r},
            data=next(BODIES),
            headers=HEADERS,
            name="score",
            allow_redirects=False,
            catch_response=True,
        ) as response:
            if not 200 <= response.status_code < 300:
                response.failure(f"status {{response.status_code}}")
'''


def load_test(
    target: Target,
    *,
    name: str,
    rate: float,
    seconds: float,
    engines: int = 1,
    timeout: float = 30.0,
    token_secret: str = "",
    subnet_id: str = "",
) -> dict[str, str]:
    """Returns the files of a test, by name: put them into one folder, and give `load-test.yaml` to Azure Load Testing.

    `rate` is that of all `engines` together. `name` is the test's id in Azure: 2 to 50 of a-z, 0-9, _ and -.
    `token_secret` is the identifier of a secret in Key Vault that holds a token; Azure Load Testing's identity must be
    allowed to read it, and the token must outlive the test. Required if the target signs in. `subnet_id` is the subnet
    for the engines, where the target is private.

    Raises a ProblemsError with all that is wrong.
    """
    import yaml

    if problems := list(_problems(target, name, rate, seconds, engines, token_secret)):
        raise ProblemsError(problems)
    users = max(1, math.ceil(rate * _PATIENCE / engines))
    parts = target.parts
    host = f"{parts.scheme}://{parts.netloc}"
    content_type = {} if target.method == "GET" else {"Content-Type": target.content_type}
    program = _PROGRAM.format(
        rate=rate,
        host=host,
        engines=engines,
        note=_NOTE,
        headers={**content_type, **target.headers},
        token=f'HEADERS["Authorization"] = "Bearer " + os.environ["{TOKEN}"]\n' if token_secret else "",
        cases=CASES,
        users=users,
        pacing=users * engines / rate,
        timeout=timeout,
        method=target.method,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    settings = {
        "LOCUST_USERS": users,
        "LOCUST_SPAWN_RATE": users,
        "LOCUST_RUN_TIME": f"{math.ceil(seconds)}s",
        "LOCUST_HOST": host,
    }
    configuration = {
        "version": "v0.1",
        "testId": name,
        "displayName": name,
        "description": f"{rate:g} requests a second to {parts.hostname}. A closed loop"[:100],
        "testType": "Locust",
        "testPlan": LOCUSTFILE,
        "engineInstances": engines,
        "configurationFiles": [CASES],
        "autoStop": {"errorPercentage": 90, "timeWindow": 60},
        "env": [{"name": key, "value": str(value)} for key, value in settings.items()],
        **({"secrets": [{"name": TOKEN, "value": token_secret}]} if token_secret else {}),
        **({"subnetId": subnet_id} if subnet_id else {}),
    }
    note = "".join(f"# {line}\n" for line in _NOTE.splitlines())
    return {
        LOCUSTFILE: program,
        CASES: json.dumps([base64.b64encode(each).decode() for each in target.bodies]) + "\n",
        CONFIGURATION: note + yaml.safe_dump(configuration, sort_keys=False, width=1000),
    }


def _problems(
    target: Target, name: str, rate: float, seconds: float, engines: int, token_secret: str
) -> Iterator[Problem]:
    if not _ID.fullmatch(name):
        yield Problem(("name",), f"{name!r} is no id of a test", "Use 2 to 50 of a-z, 0-9, _ and -")
    if not math.isfinite(rate) or rate <= 0:
        yield Problem(("rate",), f"{rate:g} is not a rate", "Give requests a second: a number above 0")
    if not math.isfinite(seconds) or seconds <= 0:
        yield Problem(("seconds",), f"{seconds:g} is not a length of time", "Give seconds: a number above 0")
    if engines < 1:
        yield Problem(("engines",), f"{engines} is no number of engines", "Give 1 or more")
    if target.token and not token_secret:
        fix = (
            "Put a token into a secret of Key Vault and give its identifier, https://VAULT.vault.azure.net/secrets/NAME"
        )
        yield Problem(("token_secret",), "the target signs in, and Azure's engines have no token", fix)
    if token_secret and not _SECRET.fullmatch(token_secret):
        fix = "Give https://VAULT.vault.azure.net/secrets/NAME, never the token itself"
        yield Problem(("token_secret",), "is no identifier of a secret in Key Vault", fix)
    if any(each.lower() == "authorization" for each in target.headers):
        fix = "Leave it out, and give `token_secret`"
        yield Problem(("headers", "Authorization"), "would be written into a file for everybody to read", fix)
