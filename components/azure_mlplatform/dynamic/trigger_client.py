"""Starts and stops a trigger of a data factory with Microsoft's client.

The order is that of Microsoft's "Sample pre- and post-deployment script": subscribe a trigger of blob events before its
start, and unsubscribe it before its stop, so that the next subscription uses the next definition.
"""

from collections.abc import Callable
from typing import Any, Optional

from ..foundation.values import name_of, resource_group_of, subscription_of
from .arm import REPEATABLE, ArmError, ResourceManager, refused, until

STARTED = "Started"
_BLOB_EVENTS = "BlobEventsTrigger"
_SUBSCRIBED, _SUBSCRIBING, _UNSUBSCRIBING = "Enabled", "Provisioning", "Deprovisioning"


class Trigger:
    """A trigger that may or may not exist."""

    def __init__(self, arm: ResourceManager, factory_id: str, name: str) -> None:
        from azure.mgmt.datafactory import DataFactoryManagementClient

        self._triggers = arm.client(DataFactoryManagementClient, subscription_of(factory_id)).triggers
        self._where = (resource_group_of(factory_id), name_of(factory_id), name)
        self._title = f"trigger '{name}' of data factory '{name_of(factory_id)}'"

    def state(self) -> Optional[str]:
        """`Started`, `Stopped` or `Disabled`; None if the trigger does not exist."""
        return _state(self._ask(self._triggers.get)[0])

    def stop(self) -> None:
        """Ends the subscription, stops the trigger, and waits for both. Does nothing if that is done or it is gone."""
        found = self._ask(self._triggers.get)[0]
        if found is None:
            return
        if found["properties"]["type"] == _BLOB_EVENTS:
            self._unsubscribe()
        if _state(found) == STARTED:
            self._run(self._triggers.begin_stop)
            if self._awaited(lambda each: each != STARTED) == STARTED:
                raise ArmError(f"{self._title} was stopped, but is still {STARTED}")

    def start(self) -> None:
        """Subscribes the trigger to its events, starts it, and waits for both. Skips what is already done.

        Raises ArmError if the trigger does not exist or the subscription fails.
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
                raise ArmError(f"{self._title} was started, but is still {state}")

    def _unsubscribe(self) -> None:
        if self._subscription() in (_SUBSCRIBED, _SUBSCRIBING):
            self._run(self._triggers.begin_unsubscribe_from_events)
        left = (_SUBSCRIBED, _SUBSCRIBING, _UNSUBSCRIBING)
        status = self._subscription(lambda each: each not in left)
        if status in left:
            raise ArmError(f"{self._title}: its subscription to events was ended, but is still {status}")

    def _subscribe(self, account_id: str) -> None:
        advice = (
            f"Give the deploying identity the role 'EventGrid EventSubscription Contributor' on {account_id}, and "
            "register the resource provider in the account's subscription "
            "(`az provider register --namespace Microsoft.EventGrid`)"
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
        return ArmError(f"{self._title} does not exist: deploy it before it is started")

    def _awaited(self, done: Callable[[Optional[str]], bool]) -> Optional[str]:
        return _state(until(lambda: self._ask(self._triggers.get), lambda found: done(_state(found))))

    def _subscription(self, done: Callable[[Optional[str]], bool] = lambda _: True) -> Optional[str]:
        """The status of the subscription as soon as it is `done`, else the last one; None if the trigger is missing."""

        def ask() -> tuple[Optional[str], Any]:
            found, response = self._ask(self._triggers.get_event_subscription_status)
            return found and found["status"], response

        return until(ask, done)

    def _ask(self, operation: Callable[..., Any]) -> tuple[Any, Any]:
        """The answer of the operation as JSON (None for 404), and the response.

        Does not use the client's models: they read an event trigger as one without a kind, and print a state as its
        Python name.
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
        """Runs the operation and waits for its end. Ignores a 404: the next call notices that the trigger is gone."""
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            operation(*self._where, **REPEATABLE).result()
        except ResourceNotFoundError:
            pass
        except AzureError as error:
            raise refused(f"{operation.__name__.removeprefix('begin_')} of {self._title}", error) from None


def _state(found: Any) -> Optional[str]:
    return found and found["properties"]["runtimeState"]
