"""What a machine must reach when it starts, by private links of its network, and what Azure says if it cannot.

A row counts for a target that this world made and that is closed to the internet. It is reached by an approved private
endpoint for each group id. If the row says so, by name too: the endpoint has a zone group, and each of its zones that
this world made is linked to the machine's network. In a world without any zone group Azure Policy registers endpoints.
"""

from dataclasses import dataclass

from .row import Refusal


@dataclass(frozen=True, kw_only=True)
class Reached(Refusal):
    """Something that a machine must reach when it starts."""

    table = "REACHED"
    by = ("type", "given", "target")

    type: str
    """The ARM type of the machine."""

    given: tuple[str, ...]
    """The conditions on its body for the row to count, as `path=pattern`."""

    subnet: str
    """Where its body holds the id of its subnet."""

    target: str
    """Where the body of its parent holds the id of what it must reach. Empty: the parent itself."""

    groups: tuple[str, ...]
    """The group ids of the private endpoints."""

    by_name: bool = True
    """Whether the network must resolve the names."""


_DAY = "2026-11-28"
_COMPUTE = "microsoft.machinelearningservices/workspaces/computes"
_SUBNET = "properties.properties.subnet.id"
_STARTED = (
    ("properties.computeType=ComputeInstance",),
    ("properties.computeType=AmlCompute", "properties.properties.scaleSettings.minNodeCount=[1-9]*"),
)
"""A compute instance, and a cluster that keeps nodes."""

_ALLOWED = (
    "Learn: machine-learning/how-to-secure-training-vnet of 2023-04-14 ('You must also allow the default storage"
    " account, Azure Container Registry, and Azure Key Vault to access the VNet', with a private endpoint or a peering)"
)

REACHED = (
    Reached(
        type=_COMPUTE,
        given=("properties.properties.enableNodePublicIp=False",),
        subnet=_SUBNET,
        target="",
        groups=("amlworkspace",),
        by_name=False,
        status=400,
        code="UserError",
        text="Provided EnableNodePublicIp 'False' requires workspace private endpoint.",
        source="Azure/data-product-analytics#70 of 2021-08-02; the status is assumed",
        day=_DAY,
        assumed=True,
    ),
    *(
        Reached(
            type=_COMPUTE,
            given=given,
            subnet=_SUBNET,
            target="storageAccount",
            groups=("blob", "file"),
            status=400,
            code="StorageMountError",
            text=(
                'The specified Azure ML Compute Instance {name} setup failed with error "Failed to mount storage.'
                " Details - Hint:If you're using network security group rules, make sure to allow outbound connection"
                ' to ports 443, 445 for storage service tag. For more details please visit aka.ms/AMLComputeVnet ".'
                " Please delete and try to recreate. If the problem persists, please follow up with Azure Support."
            ),
            source=f"Azure-Samples/ai-studio-in-a-box#7 of 2024-08-02 (of an instance: code and text); {_ALLOWED}; the"
            " status, and all of a cluster, are assumed",
            day=_DAY,
            assumed=True,
        )
        for given in _STARTED
    ),
    *(
        Reached(
            type=_COMPUTE,
            given=given,
            subnet=_SUBNET,
            target=target,
            groups=(group,),
            status=400,
            code="UserError",
            text="The compute {name} cannot reach {target}.",
            source=f"{_ALLOWED}; that the start fails, and how, is assumed",
            day=_DAY,
            assumed=True,
        )
        for given in _STARTED
        for target, group in (("keyVault", "vault"), ("containerRegistry", "registry"))
    ),
)
"""What must be reached. Read on 2026-11-28."""
