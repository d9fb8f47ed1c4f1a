"""Parts of a data factory in the emulated Azure, as a test makes, watches and breaks them."""

from typing import Any, Optional

from azure_mlplatform.emulation.behaviour import MANAGED_ENDPOINT, TRIGGER
from azure_mlplatform.emulation.triggers import definition as in_arms_shape
from azure_mlplatform.emulation.world import OUTSIDE, Held
from support.management_plane import Azure

GROUP = "/subscriptions/s/resourceGroups/rg/providers"
FACTORY = f"{GROUP}/Microsoft.DataFactory/factories/adf"


class Trigger:
    """A trigger, as azure-native makes it from `definition`, or its name alone."""

    def __init__(self, azure: Azure, name: str = "arrivals", *, definition: Any = None) -> None:
        self._azure, self.name = azure, name
        self.id = f"{FACTORY}/triggers/{name}"
        if definition is not None:
            self.put(definition)

    def put(self, definition: Any) -> None:
        """Makes or changes the trigger as azure-native does."""
        flat = {**definition, **definition["typeProperties"]}
        del flat["typeProperties"]
        inputs = {"resourceGroupName": "rg", "factoryName": "adf", "triggerName": self.name, "properties": flat}
        self._azure.create(TRIGGER, inputs)

    def remove(self) -> None:
        """Deletes the trigger as azure-native does."""
        self._azure.delete(self.id)

    def running(self) -> "Trigger":
        """Starts the trigger, subscribes it if it waits for events, and returns it."""
        self.set(state="Started")
        self._held.state["refusals"] = 0
        if self.definition["type"] == "BlobEventsTrigger":
            self.set(subscription="Enabled")
            self._held.state["subscribed_to"] = self.definition
        return self

    def set(self, *, state: str = "", subscription: str = "", after: int = 0) -> None:
        """Lets the service show a state after some reads."""

        def effect() -> None:
            if state:
                self._held.read_only["properties"]["runtimeState"] = state
            if subscription:
                self._held.state["subscription"] = subscription

        if after:
            self._azure.manager.operations.later(self.id, effect, after)
        else:
            effect()

    def breaks(self, action: str, **fault: Any) -> None:
        """Lets an action fail."""
        self._azure.breaks(action, target=self.id, **fault)

    @property
    def definition(self) -> Any:
        return in_arms_shape(self._held)

    @property
    def state(self) -> str:
        return self._held.read_only["properties"]["runtimeState"]

    @property
    def subscription(self) -> str:
        return self._held.state["subscription"]

    @property
    def subscribed_to(self) -> Any:
        """The definition that its subscription was made from."""
        return self._held.state.get("subscribed_to")

    @property
    def did(self) -> list[str]:
        """The actions that it took, in their order."""
        return [what for what, id_ in self._azure.world.log if id_ == self.id and what not in ("create", "update")]

    @property
    def _held(self) -> Held:
        found = self._azure.world.get(self.id)
        assert found is not None, f"{self.id} is not there"
        return found


class Connections:
    """The managed private endpoint `lake` of the factory, and the connections at its target.

    `sources` are other private endpoints with a connection there. With `own=False` the endpoint's own is missing.
    """

    ENDPOINT = f"{FACTORY}/managedVirtualNetworks/default/managedPrivateEndpoints/lake"
    STORAGE = f"{GROUP}/Microsoft.Storage/storageAccounts/lake"
    WORKSPACE = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/mlw"

    def __init__(self, azure: Azure, target: str = STORAGE, *, sources: tuple[str, ...] = ()) -> None:
        self._azure, self.target = azure, target
        names = {
            "resourceGroupName": "rg",
            "factoryName": "adf",
            "managedVirtualNetworkName": "default",
            "managedPrivateEndpointName": "lake",
        }
        azure.create(MANAGED_ENDPOINT, {**names, "properties": {"privateLinkResourceId": target}})
        self.others: list[Held] = [self.add(each) for each in sources]

    def add(self, source: str, status: str = "Pending") -> Held:
        """Adds a connection from another's private endpoint. Empty: from one that is gone."""
        id_ = f"{self.target}/privateEndpointConnections/c{len(self._azure.world.resources)}.0f1e"
        endpoint = f"/subscriptions/ms/resourceGroups/vnet/privateEndpoints/{source}" if source else ""
        held = Held(id_, OUTSIDE, {"endpoint": endpoint}, state={"status": status})
        self._azure.world.resources[id_.lower()] = held
        return held

    @property
    def endpoint(self) -> Held:
        found = self._azure.world.get(self.ENDPOINT)
        assert found is not None, f"{self.ENDPOINT} is not there"
        return found

    @property
    def status(self) -> Optional[str]:
        """The status of the endpoint's own connection."""
        return self.endpoint.state["connection"]["status"]

    def end(self, status: str, *, noticed: bool = True) -> None:
        """Sets the status of the endpoint's connection, as the target's owner can."""
        self.endpoint.state["connection"]["status"] = status
        if noticed:
            self.endpoint.state["known"] = status
