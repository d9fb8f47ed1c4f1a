"""The sign-in that Container Apps and App Service check in front of an app: which token a caller needs."""

from collections.abc import Mapping
from typing import Any, Optional


def scope_of(settings: Mapping[str, Any]) -> Optional[str]:
    """The scope of a token for an app with these settings, or None if it checks none.

    The properties are those of `authConfigs` and `authsettingsV2`. A token for an audience is asked for by the scope
    `<audience>/.default` ("Scopes and permissions in the Microsoft identity platform", read 2026-11-28).
    """
    if not (settings.get("platform") or {}).get("enabled"):
        return None
    entra = (settings.get("identityProviders") or {}).get("azureActiveDirectory") or {}
    audiences = [str(each) for each in (entra.get("validation") or {}).get("allowedAudiences") or []]
    if client_id := (entra.get("registration") or {}).get("clientId"):
        audiences.append(f"api://{client_id}")
    # A name is what Entra knows best: a client id alone is an audience only of tokens that an app asks for itself.
    best = next((each for each in audiences if "://" in each), audiences[0] if audiences else None)
    return f"{best.rstrip('/')}/.default" if best else None
