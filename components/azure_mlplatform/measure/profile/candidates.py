"""The file of `mlplatform endpoint profile`: what to try, what it has to hold, and what the search may use."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...catalogue.regions import REGIONS
from ...catalogue.vm_sizes import size_name
from ...foundation.duplicates import duplicate_names
from ...foundation.model import Settings, check
from ...foundation.rules import field_rule
from ...foundation.values import nearest
from ...foundation.violations import Violation


class Loss(StrEnum):
    """What may be lost while the target still holds."""

    INSTANCE = "instance"
    """One instance."""

    ZONE = "zone"
    """The instances of one availability zone, over which they are spread evenly."""

    NOTHING = "nothing"
    """Nothing: for trials."""


class Target(Settings):
    """What a candidate has to hold."""

    percentile: float = Field(default=95, ge=50, le=99.9)
    """The percentile of response times that the bound is for, such as 95. Default: 95."""

    bound_ms: float = Field(gt=0, le=600_000, examples=[200])
    """The most that this percentile may be, in milliseconds, from the intended time of a request to the end of its
    answer."""

    errors: float = Field(default=0.01, ge=0, le=0.5)
    """The most errors, as a share of all requests. Default: 0.01, one in a hundred. A lower share takes more requests
    at each rate to be shown: 0.001 some 8,000 without any error."""

    expected_rate: float = Field(gt=0, le=100_000, examples=[20])
    """Scorings a second on a usual day."""

    peak_rate: float = Field(gt=0, le=100_000, examples=[50])
    """Scorings a second at the worst time."""

    survives: Loss = Loss.INSTANCE
    """What may be lost at the peak. Default: one instance."""

    zones: int = Field(default=3, ge=2, le=3)
    """The number of availability zones that instances are spread over, for `survives: zone`. Default: 3."""

    @check
    def _peak_is_higher(self) -> Iterator[Violation]:
        if self.peak_rate < self.expected_rate:
            what = f"{self.peak_rate:g} is lower than expected_rate, {self.expected_rate:g}"
            yield Violation(("peak_rate",), self.peak_rate, what, "The peak is the expected rate or more")

    @check
    def _errors_can_be_held(self) -> Iterator[Violation]:
        if self.errors == 0:
            fix = "Give a share above 0, such as 0.001"
            yield Violation(("errors",), 0, "no errors at all cannot be shown by any number of requests", fix)

    @property
    def bound(self) -> float:
        """The bound in seconds."""
        return self.bound_ms / 1000

    def left(self, instances: int) -> int:
        """How many of some instances are left after the loss."""
        match self.survives:
            case Loss.INSTANCE:
                return instances - 1
            case Loss.ZONE:
                return instances - -(-instances // self.zones)
            case Loss.NOTHING:
                return instances

    def required_rate(self, instances: int) -> float:
        """The rate that all instances together must hold, so that those that are left hold the peak. Infinite if none
        is left."""
        left = self.left(instances)
        return self.peak_rate * instances / left if left > 0 else float("inf")


class Bounds(Settings):
    """What the search may use. It ends at the first that is reached."""

    minutes: float = Field(default=120, gt=0, le=24 * 60)
    """Minutes from the start, deployments included. Default: 120."""

    requests: int = Field(default=1_000_000, ge=100, le=100_000_000)
    """All requests together. Default: 1,000,000."""

    money: Optional[float] = Field(default=None, gt=0, examples=[30])
    """What the deployments that it makes may cost, in the currency of the price table. Default: no bound. With it,
    every candidate that is deployed must have a price."""


class Runs(Settings):
    """How each rate is measured: by independent runs."""

    seconds: float = Field(default=30, ge=1, le=3600)
    """The length of a run after its warm-up. Lower rates run longer, until the percentile rests on 20 requests beyond
    it. Default: 30."""

    warm_up: float = Field(default=10, ge=0, le=600)
    """The seconds at the start of each run that are not counted. Default: 10."""

    most: int = Field(default=32, ge=4, le=256)
    """The most runs of one rate. If it is not decided then, it is too close to call. Default: 32."""

    resolution: float = Field(default=0.05, ge=0.01, le=0.5)
    """When the search for the highest rate ends: as a share of that rate. Default: 0.05."""


class Resources(Settings):
    """Resources of a container on a cluster, as Kubernetes writes them."""

    cpu: Optional[str] = Field(default=None, pattern=r"^(\d+(\.\d+)?|\d+m)$", examples=["2"])
    """CPUs, such as `2` or `500m`."""

    memory: Optional[str] = Field(default=None, pattern=r"^\d+(\.\d+)?(Gi|Mi|G|M)$", examples=["4Gi"])
    """Memory, such as `4Gi`."""

    gpu: Optional[int] = Field(default=None, ge=0, le=16)
    """Whole GPUs."""


class Candidate(Settings):
    """A way to run the model: a deployment that is there, or changes of one that is."""

    name: str = Field(pattern=r"^[a-z]([a-z0-9-]{0,13}[a-z0-9])?$", examples=["small"])
    """Its name in the answer and in the name of the deployment that is made: up to 15 small letters, digits and
    hyphens."""

    deployment: Optional[str] = None
    """A deployment (revision, slot) that is there: it is measured as it is, and never changed."""

    like: Optional[str] = None
    """The deployment that model, code, environment and all that is not named here are taken from. Default: the one
    with the most traffic."""

    vm_size: Optional[str] = None
    """The size of its machines. Managed endpoints only."""

    instance_type: Optional[str] = None
    """The instance type of the cluster, which chooses a node pool. Kubernetes only."""

    instances: Optional[int] = Field(default=None, ge=1, le=500)
    """The number of instances (replicas), fixed while it is measured. Default: as it is."""

    requests: Resources = Resources()
    """What a container asks for. Kubernetes only."""

    limits: Resources = Resources()
    """What a container gets at most. Kubernetes only."""

    max_concurrent_requests_per_instance: Optional[int] = Field(default=None, ge=1, le=1000)
    """How many requests an instance works on at once; more wait. Default: as it is. Azure ML's own default is 1."""

    workers: Optional[int] = Field(default=None, ge=1, le=256)
    """Processes of the scoring server: WORKER_COUNT of azureml-inference-server-http. Default: as it is."""

    environment_variables: dict[str, str] = Field(default_factory=dict)
    """Other variables, such as the number of threads of a library. They are added to those that are there."""

    batch: int = Field(default=1, ge=1, le=100_000)
    """The number of scorings in one request. Rates are scorings a second, so it sends fewer requests. Default: 1."""

    body: Optional[str] = None
    """The file with the body of its requests. Default: that of --body. A batch needs one of its own."""

    nodes: Optional[int] = Field(default=None, ge=1, le=1000)
    """The machines that its price is for, if they are not its instances: the nodes of its pool."""

    node_size: Optional[str] = None
    """The size of these machines. Kubernetes only: a pool is billed whole, whatever its pods ask for."""

    _size = field_rule(size_name, "vm_size", "node_size")

    @check
    def _is_there_or_is_made(self) -> Iterator[Violation]:
        changes = [each for each in _CHANGES if getattr(self, each) not in (None, {}, Resources())]
        if self.deployment is not None and (changes or self.like is not None):
            named = ", ".join([*(["like"] if self.like is not None else []), *changes])
            fix = "Remove `deployment` to deploy it with these changes, or remove the changes"
            yield Violation(("deployment",), self.deployment, f"is measured as it is, and {named} would change it", fix)

    @check
    def _a_batch_has_its_body(self) -> Iterator[Violation]:
        if self.batch > 1 and self.body is None:
            fix = f"Name the file of a request with {self.batch} scorings"
            yield Violation(("body",), None, f"is missing: `batch` is {self.batch}", fix)

    @check
    def _nodes_have_a_size(self) -> Iterator[Violation]:
        if (self.nodes is None) != (self.node_size is None):
            missing = "node_size" if self.node_size is None else "nodes"
            fix = "The price of a pool takes both: nodes and node_size"
            yield Violation((missing,), None, "is missing", fix)

    @property
    def is_there(self) -> bool:
        """Whether it is measured as it is."""
        return self.deployment is not None


_CHANGES = (
    "vm_size",
    "instance_type",
    "requests",
    "limits",
    "max_concurrent_requests_per_instance",
    "workers",
    "environment_variables",
)
"""What a deployment has to be made for. `instances` of one that is there says how many it has."""


class Candidates(Settings):
    """The candidates with their target."""

    target: Target
    """What has to hold."""

    candidates: list[Candidate] = Field(min_length=1, max_length=50)
    """The candidates, the cheapest first where there is no price."""

    bounds: Bounds = Bounds()
    """What the search may use."""

    runs: Runs = Runs()
    """How each rate is measured."""

    region: Optional[str] = None
    """The region of prices. Default: that of the endpoint."""

    @check
    def _names_differ(self) -> Iterator[Violation]:
        yield from duplicate_names(self.candidates, ("candidates",), "candidate")

    @check
    def _region_exists(self) -> Iterator[Violation]:
        if self.region is not None and self.region not in REGIONS:
            what = f"'{self.region}' is not an Azure region{nearest(self.region, REGIONS)}"
            yield Violation(("region",), self.region, what, "As Azure writes it: westeurope")

    @check
    def _deployments_stand_once(self) -> Iterator[Violation]:
        seen: dict[tuple[str, int, str], int] = {}
        for index, each in enumerate(self.candidates):
            if each.deployment is None:
                continue
            key = (each.deployment, each.batch, each.body or "")
            if key in seen:
                what = f"'{each.deployment}' is also candidates[{seen[key]}]"
                yield Violation(("candidates", index, "deployment"), each.deployment, what, "Name each once")
            seen.setdefault(key, index)
