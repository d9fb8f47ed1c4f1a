"""What mathematics says of a queue: the judge of what a run, a queue with a simulated clock or an interval says.

Arrivals are a Poisson process, each service takes exactly the same time, and the first to come is the first served:
M/D/1, and M/D/c with several servers.

Source of the distribution of waiting times: G.J. Franx, "A simple solution for the M/D/c waiting time distribution",
Operations Research Letters 29 (2001), 221-229. It sums positive terms alone, so it loses no digits at high utilisation,
as Crommelin's alternating sum does. The formula was written down from memory, so
`tests/measure/load/test_queueing_theory.py` compares it with the alternating sum in 60 digits, with the mean of
Pollaczek and Khinchine, and with queues.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import poisson


def utilisation(rate: float, service: float, servers: int = 1) -> float:
    """The share of time in which a server is busy."""
    return rate * service / servers


def waits_at_most(wait: float, rate: float, service: float, servers: int = 1) -> float:
    """The probability that a request waits `wait` seconds or less before its service."""
    _refuse_overload(rate, service, servers)
    if wait < 0:
        return 0.0
    whole = int(wait // service) + 1
    # The queue's length one service after the arrival, counted back over the arrivals in what is left.
    left = rate * (whole * service - wait)
    highest = whole * servers - 1
    lengths = np.cumsum(_in_system(rate * service, servers))
    waiting = np.concatenate([lengths[servers:], [1.0]])
    queue_of = waiting[np.minimum(np.arange(highest, -1, -1), len(waiting) - 1)]
    return float(np.sum(queue_of * poisson.pmf(np.arange(highest + 1), left)))


def response_quantile(share: float, rate: float, service: float, servers: int = 1) -> float:
    """The response time (wait and service, in seconds) that `share` of all requests do not exceed."""
    if waits_at_most(0, rate, service, servers) >= share:
        return service
    high = service
    while waits_at_most(high, rate, service, servers) < share:
        high *= 2
    return service + _root(lambda wait: waits_at_most(wait, rate, service, servers) - share, 0, high)


def mean_wait(rate: float, service: float) -> float:
    """The mean wait at one server, by Pollaczek and Khinchine."""
    _refuse_overload(rate, service, 1)
    load = utilisation(rate, service)
    return load * service / (2 * (1 - load))


def highest_rate(share: float, bound: float, service: float, servers: int = 1) -> float:
    """The highest rate at which `share` of all requests are answered within `bound` seconds."""
    if bound <= service:
        raise ValueError(f"no rate answers within {bound} s what takes {service} s")
    high, full = 0.5 * servers / service, servers / service
    while response_quantile(share, high, service, servers) < bound:
        high = (high + full) / 2
    low = full * 1e-6
    return _root(lambda rate: response_quantile(share, rate, service, servers) - bound, low, high)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-9))  # pyright: ignore[reportArgumentType]


@lru_cache(maxsize=256)
def _in_system(arrivals: float, servers: int) -> NDArray[np.float64]:
    """The probability of each number of requests in the system. `arrivals` is their mean number during one service.

    Whoever is served now has left one service later, and nobody else has: so the number goes from k to
    max(k - servers, 0) plus the arrivals in between. This chain's stationary distribution is the answer.
    """
    load = arrivals / servers
    # In the tail each number is about exp(2 (1 - load)) times as rare as the one before: 1e-14 is left out.
    size = servers + math.ceil(arrivals + 10 * math.sqrt(arrivals) + 40 + 20 / (1 - load))
    chances = poisson.pmf(np.arange(size), arrivals)
    steps = np.zeros((size, size))
    for number in range(size):
        left = max(number - servers, 0)
        steps[number, left:] = chances[: size - left]
        steps[number, -1] += 1 - steps[number].sum()
    equations = steps.T - np.eye(size)
    equations[-1] = 1.0
    return np.clip(np.linalg.solve(equations, np.eye(size)[-1]), 0, None)


def _refuse_overload(rate: float, service: float, servers: int) -> None:
    if utilisation(rate, service, servers) >= 1:
        raise ValueError(f"{servers} servers never catch up with {rate} requests a second of {service} s each")
