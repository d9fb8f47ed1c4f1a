"""A test that may be looked at as often as one likes: does the new version fail more often than the old one?

Of all failed requests, those that went to *new* are counted. If both versions fail equally often, a failed request is
one of *new* with its share of the traffic. The test bets against that. Its wealth, the e-value, begins at 1 and
cannot be expected to grow while the new version is no worse; so the chance that it ever reaches 1/alpha, at any of
all looks, is at most alpha (Ville's inequality; Ramdas, Grünwald, Vovk, Shafer: Game-theoretic statistics and safe
anytime-valid inference, Statistical Science 38, 2023, section 2).

Why it holds: let a request to *old* fail with a chance p, one to *new* with at most `tolerated` x p, and let *new* get
the share s of the requests. Under the tolerated ratio, a failed request is one of *new* with the chance
π = tolerated x s / (tolerated x s + 1 - s). A bet on another chance q > π multiplies the wealth by q/π for each
failure of *new* and by (1-q)/(1-π) for each of *old*. For n requests, the expected factor is at most
exp(n x p x (tolerated x s + 1 - s) x (π x (q/π - 1) + (1-π) x ((1-q)/(1-π) - 1))) = exp(0) = 1, and smaller where *new*
is better than tolerated. p may be any, and another one in each minute: that is why new and old are compared in the same
minutes. The share may be the one of that minute's requests as they were counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_RATIO = 1.1
MOST_RATIO = 100.0
RATIOS = 48
"""The bets: that *new* fails so many times as often as tolerated. The wealth is divided evenly among 48 ratios, evenly
spaced in their logarithm: finer ones change the e-value by less than a tenth, which no decision notices."""


def bets() -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The ratios that are bet on, and the logarithm of the part of the wealth that each has."""
    import numpy as np

    return np.geomspace(LEAST_RATIO, MOST_RATIO, RATIOS), np.full(RATIOS, -np.log(RATIOS))


def log_factors(
    ratios: "NDArray[np.float64]", share: float, tolerated: float
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """What one failure of *new*, and one of *old*, adds to the logarithm of the wealth of each bet."""
    import numpy as np

    weight = tolerated * share
    pi = weight / (weight + 1 - share)
    q = ratios * weight / (ratios * weight + 1 - share)
    return np.log(q / pi), np.log1p(-q) - np.log1p(-pi)


@dataclass
class SequentialTest:
    """The wealth over all steps of a rollout.

    A version may become worse only under load, so an alarm must be able to begin at each step: the wealth is divided
    evenly among the steps, and each part begins to bet with its step. What a part lost in good minutes of an earlier
    step then does not hide a bad one. The sum begins at 1 all the same: the rate of false alarms is that of the whole.
    """

    steps: int
    """How many steps compare new and old. At least 1."""

    tolerated: float = 1.0
    """How many times as often as *old* the new version may fail."""

    burst: float = 1.0
    """How many failures come together, as a rule: `dispersion` of old's minutes. A burst counts as one failure."""

    _wealth: "NDArray[np.float64]" = field(init=False, repr=False)
    """The logarithm of the wealth of each bet (column) that began with a step (row)."""

    def __post_init__(self) -> None:
        import numpy as np

        self._ratios, parts = bets()
        self._wealth = np.tile(parts, (self.steps, 1)) - np.log(self.steps)

    def observe(self, *, step: int, new: float, old: float, share: float) -> None:
        """Takes in the failures of some minutes, in which *new* got this share of the requests.

        Minutes in which one of both got no request say nothing: nothing in them can be compared.
        """
        if not 0 < share < 1:
            return
        of_new, of_old = log_factors(self._ratios, share, self.tolerated)
        self._wealth[: step + 1] += (new * of_new + old * of_old) / self.burst

    @property
    def e_value(self) -> float:
        """The wealth: how strongly what was seen speaks against "new is no worse"."""
        import numpy as np

        return float(np.exp(min(np.logaddexp.reduce(self._wealth, axis=None), 700.0)))


def alarm_level(alpha: float, tests: int) -> float:
    """The e-value at which one of several tests raises the alarm.

    Together they raise a false one with a chance of at most alpha: each test has its part of it (Bonferroni).
    """
    return tests / alpha


def dispersion(counts: Sequence[tuple[float, float]]) -> float:
    """How many failures come together: the variance of the failures a minute, over that of independent ones.

    Requests that wait in one queue are slow together, and a server that is restarted fails many at once; such a burst
    is one event, not many. From minutes of *old* before the rollout: (requests, failures) of each. 1 if failures are
    independent, or if there are too few of them to tell.
    """
    minutes = [(requests, failures) for requests, failures in counts if requests > 0]
    total = sum(requests for requests, _ in minutes)
    share = sum(failures for _, failures in minutes) / total if total else 0.0
    if len(minutes) < 10 or share in {0.0, 1.0}:
        return 1.0
    squares = sum(
        (failures - requests * share) ** 2 / (requests * share * (1 - share)) for requests, failures in minutes
    )
    return max(1.0, squares / (len(minutes) - 1))
