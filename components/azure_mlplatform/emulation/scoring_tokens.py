"""Tokens for scoring, such that a data plane can tell whose they are and when they end. They open nothing real."""

import base64
import json
from typing import NamedTuple, Optional


class Scoring(NamedTuple):
    """What a token says."""

    audience: str
    """The scope that it was asked for, without `/.default`, or the id of an endpoint."""

    ends: float
    """Seconds since 1970."""


def scoring_token(audience: str, ends: float) -> str:
    """A token for an audience until a time."""
    return base64.urlsafe_b64encode(json.dumps({"aud": audience, "exp": ends}).encode()).decode()


def read_scoring_token(token: str) -> Optional[Scoring]:
    """What a token says, or None if it is none."""
    try:
        told = json.loads(base64.urlsafe_b64decode(token.encode()))
        return Scoring(str(told["aud"]), float(told["exp"]))
    except (ValueError, KeyError, TypeError):
        return None
