"""How long Azure keeps what was deleted, and with it the name of an environment's resources.

Sources, read 2026-11-28, all Microsoft Learn: key-vault-ovw-soft-delete (7 to 90 days, chosen for each vault; purge
protection keeps a vault that long), machine-learning/concept-soft-delete (14 days by default, and the name cannot be
used until then), rest/api/loganalytics/workspaces/delete (the name is kept for 14 days),
ai-services/recover-purge-resources (48 hours). All other types free their names at once (assumed).
"""

import datetime

from ..foundation.profiles import Profile

WORKSPACE_DAYS = 14
"""The days for which a machine-learning workspace can be recovered."""

LOG_ANALYTICS_DAYS = 14
"""The days for which a Log Analytics workspace can be recovered."""

AI_SERVICE_DAYS = 2
"""The days for which an AI service can be recovered."""


def held_days(profile: Profile) -> dict[str, int]:
    """What of an environment can be recovered after it was deleted → the days for which its name is held."""
    return {
        "key vaults": profile.vault_retention_days,
        "the machine-learning workspace": WORKSPACE_DAYS,
        "the Log Analytics workspace": LOG_ANALYTICS_DAYS,
        "AI services": AI_SERVICE_DAYS,
    }


def held_until(deleted: datetime.date, profile: Profile) -> datetime.date:
    """The first day on which nothing of an environment that was deleted on a day holds its name any more."""
    return deleted + datetime.timedelta(max(held_days(profile).values()))
