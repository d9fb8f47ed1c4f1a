"""Times as somebody types them: `90s`, `15m`, `24h`, `3d`."""

import re

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds_of(text: str) -> float:
    """The seconds of a time. Raises ValueError with what is wrong and what is allowed."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", text.lower())
    if found is None:
        raise ValueError(f"'{text}' is no time. Allowed: a number with s, m, h or d, such as 90s, 15m, 24h")
    return float(found[1]) * _UNITS[found[2]]
