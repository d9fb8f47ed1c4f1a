"""A trigger of a data factory, started and stopped by Microsoft's own client.

In the order of Microsoft's "Sample pre- and post-deployment script": what waits for a blob's events is subscribed to
them before it starts, and its subscription ends before it stops, so that the next one is made of the next definition.
"""

from collections.abc import Callable
from typing import Any, Optional

from ..foundation.values import name_of, resource_group_of, subscription_of
from .arm import REPEATABLE, ArmError, ResourceManager, refused, until

STARTED = "Started"
_BLOB_EVENTS = "BlobEventsTrigger"
_SUBSCRIBED, _SUBSCRIBING, _UNSUBSCRIBING = "Enabled", "Provisioning", "Deprovisioning"


class Trigger:
    """A trigger that may or may not be there."""

    def __init__(self, arm: ResourceManager, factory_id: str, name: str) -> None:
        from azure.mgmt.datafactory import DataFactoryManagementClient

        self._triggers = arm.client(DataFactoryManagementClient, subscription_of(factory_id)).triggers
        self._where = (resource_group_of(factory_id), name_of(factory_id), name)
        self._title = f"trigger '{name}' of data factory '{name_of(factory_id)}'"

    def state(self) -> Optional[str]:
        """Started, Stopped or Disabled; None where there is no such trigger."""
        return _state(self._ask(self._triggers.get)[0])

    def stop(self) -> None:
        """Ends the subscription, stops the trigger, and waits for both. What is so already, or gone, is as good."""
        found = self._ask(self._triggers.get)[0]
        if found is None:
            return
        if found["properties"]["type"] == _BLOB_EVENTS:
            self._unsubscribe()
        if _state(found) == STARTED:
            self._run(self._triggers.begin_stop)
            if self._awaited(lambda each: each != STARTED) == STARTED:
                raise ArmError(f"{self._title} was stopped, and is still {STARTED}")

    def start(self) -> None:
        """Subscribes the trigger to its events, starts it, and waits for both. What is so already is as good.

        Raises ArmError where there is no such trigger, and where the subscription is not made.
        """
        found = self._ask(self._triggers.get)[0]
        if found is None:
            raise self._missing()
        if found["properties"]["type"] == _BLOB_EVENTS:
            self._subscribe(found["properties"]["typeProperties"]["scope"])
        if _state(found) != STARTED:
            self._run(self._triggers.begin_start)
            state = self._awaited(lambda each: each in (STARTED, None))
            if state is None:
                raise self._missing()
            if state != STARTED:
                raise ArmError(f"{self._title} was started, and is still {state}")

    def _unsubscribe(self) -> None:
        if self._subscription() in (_SUBSCRIBED, _SUBSCRIBING):
            self._run(self._triggers.begin_unsubscribe_from_events)
        left = (_SUBSCRIBED, _SUBSCRIBING, _UNSUBSCRIBING)
        status = self._subscription(lambda each: each not in left)
        if status in left:
            raise ArmError(f"{self._title}: its subscription to events was to end, and is still {status}")

    def _subscribe(self, account_id: str) -> None:
        advice = (
            f"Who deploys needs the role 'EventGrid EventSubscription Contributor' on {account_id}, and its "
            "subscription the resource provider (`az provider register --namespace Microsoft.EventGrid`)"
        )
        try:
            if self._subscription() not in (_SUBSCRIBED, _SUBSCRIBING):
                self._run(self._triggers.begin_subscribe_to_events)
            status = self._subscription(lambda each: each in (_SUBSCRIBED, None))
        except ArmError as error:
            raise ArmError(f"{error}. {advice}") from None
        if status is None:
            raise self._missing()
        if status != _SUBSCRIBED:
            raise ArmError(f"{self._title}: its subscription to events is still {status}. {advice}")

    def _missing(self) -> ArmError:
        return ArmError(f"{self._title} is not there: it has to be deployed before it is started")

    def _awaited(self, done: Callable[[Optional[str]], bool]) -> Optional[str]:
        return _state(until(lambda: self._ask(self._triggers.get), lambda found: done(_state(found))))

    def _subscription(self, done: Callable[[Optional[str]], bool] = lambda _: True) -> Optional[str]:
        """The status of the subscription as soon as it is so; None where there is no such trigger."""

        def ask() -> tuple[Optional[str], Any]:
            found, response = self._ask(self._triggers.get_event_subscription_status)
            return found and found["status"], response

        return until(ask, done)

    def _ask(self, operation: Callable[..., Any]) -> tuple[Any, Any]:
        """What it answers as JSON, None for 404; and the response.

        Not the client's models: they take a trigger of events for one of no kind, and print a state as its Python name.
        """
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            response = operation(*self._where, cls=lambda answer, *_: answer.http_response, **REPEATABLE)
            return response.json(), response
        except ResourceNotFoundError as error:
            return None, error.response
        except AzureError as error:
            raise refused(f"{operation.__name__} of {self._title}", error) from None

    def _run(self, operation: Callable[..., Any]) -> None:
        """Does it, and waits until it is done. That the trigger went away meanwhile is found out by who asks next."""
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            operation(*self._where, **REPEATABLE).result()
        except ResourceNotFoundError:
            pass
        except AzureError as error:
            raise refused(f"{operation.__name__.removeprefix('begin_')} of {self._title}", error) from None


def _state(found: Any) -> Optional[str]:
    return found and found["properties"]["runtimeState"]
