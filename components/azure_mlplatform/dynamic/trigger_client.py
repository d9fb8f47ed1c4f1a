"""Starts and stops a trigger of a data factory.

The order is that of Microsoft's "Sample pre- and post-deployment script": subscribe a trigger of blob events before its
start, and unsubscribe it before its stop, so that the next subscription uses the next definition.
"""

from collections.abc import Callable
from typing import Any, Optional

from ..foundation.values import name_of
from .arm import ArmError, ResourceManager

API_VERSION = "2018-06-01"
"""The only API version of Data Factory."""

STARTED = "Started"
_BLOB_EVENTS = "BlobEventsTrigger"
_SUBSCRIBED, _SUBSCRIBING, _UNSUBSCRIBING = "Enabled", "Provisioning", "Deprovisioning"
_BUSY = "cannot be updated during provisioning"
"""The text of Data Factory's 400 while Event Grid works on the trigger's subscription, which begins when the
trigger is written (Azure/Azure-DataFactory#612, hashicorp/terraform-provider-azurerm#32570, read 2026-11-28)."""


class Trigger:
    """A trigger that may or may not exist."""

    def __init__(self, arm: ResourceManager, factory_id: str, name: str) -> None:
        self._arm = arm
        self._path = f"{factory_id}/triggers/{name}"
        self._title = f"trigger '{name}' of data factory '{name_of(factory_id)}'"

    def state(self) -> Optional[str]:
        """`Started`, `Stopped` or `Disabled`; None if the trigger does not exist."""
        return _state(self._get())

    def stop(self) -> None:
        """Ends the subscription, stops the trigger, and waits for both. Does nothing if that is done or it is gone."""
        found = self._get()
        if found is None:
            return
        if _type(found) == _BLOB_EVENTS:
            self._unsubscribe()
        if _state(found) == STARTED:
            self._run("stop")
            if self._awaited(lambda each: each != STARTED) == STARTED:
                raise ArmError(f"{self._title} was stopped, but is still {STARTED}")

    def start(self) -> None:
        """Subscribes the trigger to its events, starts it, and waits for both. Skips what is already done.

        Raises ArmError if the trigger does not exist or the subscription fails.
        """
        found = self._get()
        if found is None:
            raise self._missing()
        if _type(found) == _BLOB_EVENTS:
            self._subscribe(_scope(found))
        if _state(found) != STARTED:
            self._run("start")
            state = self._awaited(lambda each: each in (STARTED, None))
            if state is None:
                raise self._missing()
            if state != STARTED:
                raise ArmError(f"{self._title} was started, but is still {state}")

    def _unsubscribe(self) -> None:
        if self._subscription() in (_SUBSCRIBED, _SUBSCRIBING):
            self._run("unsubscribeFromEvents")
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
                self._run("subscribeToEvents")
            status = self._subscription(lambda each: each in (_SUBSCRIBED, None))
        except ArmError as error:
            raise error if _BUSY in str(error) else ArmError(f"{error}. {advice}") from None
        if status is None:
            raise self._missing()
        if status != _SUBSCRIBED:
            raise ArmError(f"{self._title}: its subscription to events is still {status}. {advice}")

    def _missing(self) -> ArmError:
        return ArmError(f"{self._title} does not exist: deploy it before it is started")

    def _get(self) -> Optional[Any]:
        return self._arm.get(self._path, API_VERSION)

    def _awaited(self, done: Callable[[Optional[str]], bool]) -> Optional[str]:
        return _state(self._arm.wait(self._get, lambda found: done(_state(found))))

    def _subscription(self, done: Callable[[Optional[str]], bool] = lambda _: True) -> Optional[str]:
        """The status of the subscription as soon as it is `done`, else the last one; None if the trigger is missing."""

        def ask() -> Optional[Any]:
            return self._arm.post(f"{self._path}/getEventSubscriptionStatus", API_VERSION)

        return _status(self._arm.wait(ask, lambda found: done(_status(found))))

    def _run(self, action: str) -> None:
        """Runs an action and waits for its end. Tries again while Data Factory is busy with the trigger.

        Ignores that the trigger is gone: the next call notices.
        """
        refusal: list[ArmError] = []

        def run() -> bool:
            refusal.clear()
            try:
                self._arm.post(f"{self._path}/{action}", API_VERSION)
            except ArmError as error:
                if error.status != 400 or _BUSY not in str(error):
                    raise ArmError(f"{action} of {self._title}: {error}", error.status) from None
                refusal.append(error)
            return not refusal

        self._arm.wait(run, bool)
        if refusal:
            raise ArmError(f"{action} of {self._title}: {refusal[0]}", 400)


def _type(found: Any) -> Optional[str]:
    return found["properties"].get("type")


def _scope(found: Any) -> str:
    """The storage account whose events start the trigger."""
    own = found["properties"].get("typeProperties")
    return str(own.get("scope")) if isinstance(own, dict) else "the storage account"


def _state(found: Any) -> Optional[str]:
    return found and str(found["properties"].get("runtimeState"))


def _status(found: Any) -> Optional[str]:
    return found and str(found.get("status"))
