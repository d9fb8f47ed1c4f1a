"""A simulated data factory for Azure on loopback: triggers, and a managed private endpoint with its target."""

from typing import Any, Optional

from support.loopback import Answer, Azure, Call

GROUP = "/subscriptions/s/resourceGroups/rg/providers"
FACTORY = f"{GROUP}/Microsoft.DataFactory/factories/adf"
AT_ONCE = (("Retry-After", "0"),)
SOON = (("x-ms-retry-after-ms", "10"),)  # With 0, azure-core waits as long as without the header.


class Trigger:
    """A trigger that behaves as in "Triggers - REST API (Azure Data Factory)". Each action takes `takes` polls.

    `did` lists the actions that were called. `subscribed_to` is the definition that its subscription was made from.
    `faults` are the first answers, by action. If `starts`, `stops` or `subscribes` is false, that action never takes
    effect. `failure` is the answer at the end of each operation.
    """

    def __init__(self, azure: Azure, name: str = "arrivals", *, definition: Any = None, takes: int = 2) -> None:
        self.azure, self.takes = azure, takes
        self.definition: Any = definition
        self.state, self.subscription = "Stopped", "Disabled"
        self.subscribed_to: Any = None
        self.starts = self.stops = self.subscribes = True
        self.failure: Optional[Answer] = None
        self.did: list[str] = []
        self.faults: dict[str, list[Answer]] = {}
        self._later: list[dict[str, Any]] = []
        self.path = f"{FACTORY}/triggers/{name}"
        azure.resources[self.path] = self._resource
        for action in ("start", "stop", "subscribeToEvents", "unsubscribeFromEvents", "getEventSubscriptionStatus"):
            azure.resources[f"{self.path}/{action}"] = self._action

    def running(self) -> "Trigger":
        """Starts the trigger, subscribes it if it waits for events, and returns it."""
        self.state = "Started"
        if self.definition["type"] == "BlobEventsTrigger":
            self.subscription, self.subscribed_to = "Enabled", self.definition
        return self

    def put(self, definition: Any) -> Answer:
        """Makes or changes the trigger as azure-native does."""
        return self._resource(Call("PUT", self.path, {}, {"properties": definition}))

    def remove(self) -> Answer:
        """Deletes the trigger as azure-native does."""
        return self._resource(Call("DELETE", self.path, {}, None))

    def becomes(self, *, after: int = 0, **changes: Any) -> None:
        """Applies `changes` after `after` polls."""
        self._later = [{}] * after + [changes]
        if not after:
            self._pass()

    def _resource(self, call: Call) -> Answer:
        started = self.state == "Started"
        if call.method == "PUT":
            if started:
                message = "Cannot update enabled Trigger; the trigger needs to be disabled first."
                return Answer.refusal(400, "TriggerEnabledCannotUpdate", message)
            self.definition = call.body["properties"]
        if self.definition is None:
            return Answer.refusal(404, "TriggerNotFound", "The document could not be retrieved: it does not exist.")
        if call.method == "DELETE":
            if started:
                return Answer.refusal(400, "TriggerEnabledCannotDelete")
            self.definition = None
            return Answer()
        self._pass()
        found = {**self.definition, "runtimeState": self.state}
        return Answer(body={"id": self.path, "etag": "1", "properties": found}, headers=AT_ONCE)

    def _action(self, call: Call) -> Answer:
        action = call.path.rsplit("/", 1)[-1]
        assert (call.method, call.query, call.body) == ("POST", {"api-version": "2018-06-01"}, None)
        if self.faults.get(action):
            return self.faults[action].pop(0)
        if self.definition is None:
            return Answer.refusal(404, "TriggerNotFound", "The document could not be retrieved: it does not exist.")
        if action == "getEventSubscriptionStatus":
            self._pass()
            return Answer(body={"triggerName": self.path, "status": self.subscription}, headers=AT_ONCE)
        self.did.append(action)
        return getattr(self, f"_{action}")()

    def _start(self) -> Answer:
        return self._operation(200, **({"state": "Started"} if self.starts else {}))

    def _stop(self) -> Answer:
        return self._operation(200, **({"state": "Stopped"} if self.stops else {}))

    def _subscribeToEvents(self) -> Answer:  # noqa: N802 - the name of the action
        self.subscription = "Provisioning"
        made = {"subscription": "Enabled", "subscribed_to": self.definition}
        return self._operation(202, **(made if self.subscribes else {}))

    def _unsubscribeFromEvents(self) -> Answer:  # noqa: N802 - the name of the action
        self.subscription = "Deprovisioning"
        return self._operation(202, **({"subscription": "Disabled", "subscribed_to": None} if self.stops else {}))

    def _operation(self, status: int, **changes: Any) -> Answer:
        path, left = f"/operations/{len(self.azure.calls)}", self.takes
        headers = (("Location", f"{self.azure.url}{path}"), *SOON)

        def poll(_: Call) -> Answer:
            nonlocal left
            left -= 1
            if left > 0:
                return Answer(202, headers=headers)
            if self.failure:
                return self.failure
            self.becomes(after=self.takes, **changes)
            return Answer(200)

        self.azure.resources[path] = poll
        return Answer(status, headers=headers)

    def _pass(self) -> None:
        if self._later:
            self.__dict__.update(self._later.pop(0))


class Connections:
    """A target with its pending connections, as in "Private Endpoint Connections - List" and "- Put".

    `lake` is the managed private endpoint of this factory, at ENDPOINT. If it is approved before it is provisioned, it
    never shows the approval.
    """

    ENDPOINT = f"{FACTORY}/managedVirtualNetworks/default/managedPrivateEndpoints/lake"
    STORAGE = f"{GROUP}/Microsoft.Storage/storageAccounts/lake"
    WORKSPACE = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/mlw"

    def __init__(self, azure: Azure, target: str = STORAGE, *, sources: tuple[str, ...] = ("adf.lake",)) -> None:
        self.azure, self.target = azure, target
        self.version = {self.STORAGE: "2024-01-01", self.WORKSPACE: "2025-12-01"}[target]
        self.provisioned_in, self.known_in = 3, 2
        self.provisioning = "Provisioning"
        self.early = False
        self.connections: dict[str, Any] = {}
        for source in sources:
            self.add(source)
        azure.resources[self.ENDPOINT] = self._endpoint
        azure.resources[f"{target}/privateEndpointConnections"] = self._list

    def add(self, source: str, status: str = "Pending") -> None:
        """Adds a connection from the private endpoint `source`. The connection has an arbitrary name."""
        name = f"c{len(self.connections)}.0f1e"
        self.connections[name] = {
            "id": f"{self.target}/privateEndpointConnections/{name}",
            "name": name,
            "properties": {
                "privateEndpoint": {"id": f"/subscriptions/ms/resourceGroups/vnet/privateEndpoints/{source}"},
                "privateLinkServiceConnectionState": {"status": status, "description": "?", "actionRequired": "None"},
                "provisioningState": "Succeeded",
            },
        }
        self.azure.resources[self.connections[name]["id"]] = self._put

    def statuses(self) -> list[str]:
        """The statuses of all connections, in order."""
        return [self._state(name)["status"] for name in self.connections]

    def end(self, status: str) -> None:
        """Sets the status of the first connection, as the target's owner can."""
        self._state(next(iter(self.connections)))["status"] = status

    def _state(self, name: str) -> Any:
        return self.connections[name]["properties"]["privateLinkServiceConnectionState"]

    def _endpoint(self, call: Call) -> Answer:
        if call.query != {"api-version": "2018-06-01"}:
            return Answer.refusal(400, "InvalidApiVersion")
        properties: dict[str, Any] = {"privateLinkResourceId": self.target, "provisioningState": self.provisioning}
        self.provisioned_in -= 1
        if self.provisioned_in == 0 and self.provisioning == "Provisioning":
            self.provisioning = "Succeeded"
        # The endpoint shows Pending before it is provisioned.
        if self.connections and (self.provisioned_in < 2 or self.provisioning == "Succeeded"):
            status = self.statuses()[0]
            self.known_in -= status == "Approved"
            waits = status == "Approved" and (self.early or self.known_in > 0)
            properties["connectionState"] = {"status": "Pending" if waits else status}
        return Answer(body={"id": self.ENDPOINT, "name": "lake", "properties": properties}, headers=AT_ONCE)

    def _list(self, call: Call) -> Answer:
        if call.query != {"api-version": self.version}:
            return Answer.refusal(400, "InvalidApiVersion")
        return Answer(body={"value": list(self.connections.values())})

    def _put(self, call: Call) -> Answer:
        name = call.path.rsplit("/", 1)[-1]
        if call.query != {"api-version": self.version} or call.method != "PUT":
            return Answer.refusal(400, "InvalidApiVersion")
        self.early = self.early or self.provisioning != "Succeeded"
        self.connections[name] = call.body
        return Answer(body=call.body)
