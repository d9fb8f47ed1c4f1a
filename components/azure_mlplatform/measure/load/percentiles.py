"""Percentiles of a measurement, with a rule for requests that failed."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .measurement import Measurement


def response_quantile(measurement: "Measurement", share: float) -> float:
    """The response time, in seconds, that `share` (0 to 1) of the requests do not exceed.

    A request that failed never got its answer: it counts as infinitely late, so that a server that refuses quickly does
    not look quick. Requests that were not sent do not count. NaN if none was sent.
    """
    return _quantile(response_times(measurement), share)


def service_quantile(measurement: "Measurement", share: float) -> float:
    """The same of service times: what a closed loop would have seen."""
    import numpy as np

    sent = measurement.was_sent
    return _quantile(np.where(measurement.succeeded, measurement.service, np.inf)[sent], share)


def lateness_quantile(measurement: "Measurement", share: float) -> float:
    """How late the generator was, in seconds, at most for `share` of the requests that it turned to. NaN for none."""
    import numpy as np

    lateness = measurement.lateness
    return _quantile(lateness[~np.isnan(lateness)], share)


def response_times(measurement: "Measurement") -> "NDArray[np.float64]":
    """The response time of each request that was sent; infinite for those that failed."""
    import numpy as np

    sent = measurement.was_sent
    return np.where(measurement.succeeded, measurement.response, np.inf)[sent]


def error_share(measurement: "Measurement") -> float:
    """The share of requests that failed, of those that were sent. NaN if none was."""
    sent = int(measurement.was_sent.sum())
    return 1 - int(measurement.succeeded.sum()) / sent if sent else math.nan


def _quantile(values: "NDArray[np.float64]", share: float) -> float:
    """The smallest value that `share` of all do not exceed. It is one of them, so infinite ones do no harm."""
    import numpy as np

    if not len(values):
        return math.nan
    position = min(len(values) - 1, max(0, math.ceil(share * len(values) - 1e-9) - 1))
    return float(np.partition(values, position)[position])
