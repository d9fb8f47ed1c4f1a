"""Percentiles of a measurement, with a rule for requests that failed."""

import math
from collections.abc import Iterator
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
    return quantile(response_times(measurement), share)


def service_quantile(measurement: "Measurement", share: float) -> float:
    """The same of service times: what a closed loop would have seen."""
    import numpy as np

    sent = measurement.was_sent
    return quantile(np.where(measurement.succeeded, measurement.service, np.inf)[sent], share)


def lateness_quantile(measurement: "Measurement", share: float) -> float:
    """How late the generator was, in seconds, at most for `share` of the requests that it turned to. NaN for none."""
    import numpy as np

    lateness = measurement.lateness
    return quantile(lateness[~np.isnan(lateness)], share)


def response_times(measurement: "Measurement") -> "NDArray[np.float64]":
    """The response time of each request that was sent; infinite for those that failed."""
    return waited(measurement)[measurement.was_sent]


def waited(measurement: "Measurement") -> "NDArray[np.float64]":
    """How long each request waited for its answer. One that failed waited for ever: a quick refusal is not quick."""
    import numpy as np

    return np.where(measurement.succeeded, measurement.response, np.inf)


def error_kinds(measurement: "Measurement", which: "NDArray[np.bool_]") -> Iterator[str]:
    """The kind of each error in a part of a measurement: its status, or why there is none."""
    from .measurement import Failure

    for status, failure in zip(measurement.status[which].tolist(), measurement.failure[which].tolist(), strict=True):
        yield f"HTTP {status}" if status else Failure(failure).name.lower().replace("_", " ")


def error_share(measurement: "Measurement") -> float:
    """The share of requests that failed, of those that were sent. NaN if none was."""
    sent = int(measurement.was_sent.sum())
    return 1 - int(measurement.succeeded.sum()) / sent if sent else math.nan


def quantile(values: "NDArray[np.float64]", share: float) -> float:
    """The smallest value that `share` of all do not exceed. It is one of them, so infinite ones do no harm."""
    import numpy as np

    if not len(values):
        return math.nan
    position = min(len(values) - 1, max(0, math.ceil(share * len(values) - 1e-9) - 1))
    return float(np.partition(values, position)[position])
