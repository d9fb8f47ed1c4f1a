"""Measures the load generator: `make bench-load`. All are ratios of one run, on one server, with everybody in turn.

- Its rate over that of wrk and h2load, each on one core: all that they can, over the same number of connections.
- The rate up to which it is punctual, and its response times at a low rate.
- A server that is frozen for two seconds: its percentiles over those of vegeta, which is honest as well, and over the
  truth by arithmetic. wrk and Locust, closed loops, beside it.
- A queue whose service time is known: its p95 over that of M/D/1 by the formula.

wrk and h2load come from the system (packages wrk and nghttp2-client), Locust from PATH or build/locust (an environment
made by hand), vegeta is built from its Go module, the server from `load_server.c`. Who is not there is named.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from azure_mlplatform.measure.load.judgement import judgement  # noqa: E402 - after the tests' folder is on the path
from azure_mlplatform.measure.load.measurement import Measurement  # noqa: E402
from azure_mlplatform.measure.load.percentiles import lateness_quantile, response_quantile  # noqa: E402
from azure_mlplatform.measure.load.run import run  # noqa: E402
from azure_mlplatform.measure.load.schedule import constant, poisson  # noqa: E402
from azure_mlplatform.measure.load.target import Target  # noqa: E402
from support.queueing_theory import response_quantile as in_theory  # noqa: E402
from support.queues import Servers  # noqa: E402

BUILD = ROOT / "build"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CONNECTIONS = 32
SECONDS = 5
VEGETA = "github.com/tsenart/vegeta/v12@v12.12.0"
FROZEN = 2.0
SERVICE = 0.002
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "40000"))


def main() -> None:
    server = built_server()
    vegeta = built_vegeta()
    locust = shutil.which("locust") or shutil.which("locust", path=BUILD / "locust" / "bin")
    peers = {"wrk": shutil.which("wrk"), "h2load": shutil.which("h2load"), "Locust": locust}
    absent = [name for name, path in {**peers, "vegeta": vegeta}.items() if not path]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}, {ROUNDS} rounds")
    if absent:
        print(f"Not there, so not compared: {', '.join(absent)}")
    rates(server, peers)
    punctual(server)
    frozen(server, vegeta, peers["wrk"], locust)
    queue(server)


def built_server() -> Path:
    """Compiles the server."""
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "load-server"
    command = ["cc", "-O2", "-Wall", "-o", str(path), str(Path(__file__).with_name("load_server.c"))]
    subprocess.run(command, check=True)
    return path


def built_vegeta() -> Optional[str]:
    """The vegeta of the system, or one that is built here if there is Go."""
    if found := shutil.which("vegeta") or shutil.which("vegeta", path=BUILD):
        return found
    if not shutil.which("go"):
        return None
    subprocess.run(["go", "install", VEGETA], check=True, env={**os.environ, "GOBIN": str(BUILD)})  # noqa: S607
    return shutil.which("vegeta", path=BUILD)


@contextmanager
def serving(server: Path, *arguments: str) -> Iterator[tuple[str, int]]:
    """A new server: its URL and its process."""
    with subprocess.Popen([str(server), *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/score", process.pid
        finally:
            process.kill()


def rates(server: Path, peers: dict[str, Optional[str]]) -> None:
    """All that each can send in a few seconds."""
    found: dict[str, list[float]] = {}
    costs: list[float] = []
    with serving(server) as (url, _):
        due = 2 * ours(url, 20_000)[0]
        for _ in range(ROUNDS):
            for name, path in peers.items():
                if path:
                    found.setdefault(name, []).append(rate_of(name, path, url))
                    due = 1.5 * found[name][-1]
            rate, cost = ours(url, due)
            found.setdefault("ours", []).append(rate)
            costs.append(cost)
    middle = {name: statistics.median(values) for name, values in found.items()}
    for name, values in found.items():
        print(f"{name}: {', '.join(f'{each:,.0f}' for each in values)} requests a second")
    print(f"ours: {statistics.median(costs) * 1e6:.1f} µs of CPU a request")
    for name in peers:
        if name in middle:
            ratios = [mine / theirs for mine, theirs in zip(found["ours"], found[name], strict=True)]
            print(f"ours over {name}: {middle['ours'] / middle[name]:.2f} (rounds: {listed(ratios)})")


def ours(url: str, due: float) -> tuple[float, float]:
    """Our rate, and the CPU time of a request. More is due than can be sent, so no connection ever rests."""
    schedule = constant(due, SECONDS)
    target = Target(url, method="GET")
    measured = run(schedule, target, connections=CONNECTIONS, stop=lambda now: now.seconds >= SECONDS)
    done = measured.done[measured.succeeded]
    rate = float(((done > 1) & (done <= SECONDS)).sum()) / (SECONDS - 1)
    return rate, measured.busy * float(done.max()) / len(done)


def rate_of(name: str, path: str, url: str) -> float:
    """The rate that another generator says, on one thread."""
    if name == "Locust":
        [stats] = located(path, url, "constant(0)", CONNECTIONS, SECONDS)
        return stats["num_requests"] / (stats["last_request_timestamp"] - stats["start_time"])
    if name == "wrk":
        command = [path, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url]
        line = next(each for each in output(command) if each.startswith("Requests/sec:"))
        return float(line.split()[1])
    command = [path, "--h1", "-t1", f"-c{CONNECTIONS}", f"-D{SECONDS}", url]
    line = next(each for each in output(command) if each.startswith("finished in"))
    return float(line.split(",")[1].split()[0])


def located(path: str, url: str, wait: str, users: int, seconds: int) -> list[dict[str, Any]]:
    """What Locust says of its users, who wait so between requests."""
    parts = url.rpartition("/")
    program = BUILD / "bench_locustfile.py"
    program.write_text(
        "from locust import constant, constant_pacing, task\n"
        "from locust.contrib.fasthttp import FastHttpUser\n"
        "class Caller(FastHttpUser):\n"
        f"    host, wait_time = {parts[0]!r}, {wait}\n"
        "    @task\n"
        f"    def score(self): self.client.get('/{parts[2]}')\n",
        encoding="utf-8",
    )
    command = [
        path,
        "-f",
        str(program),
        "--headless",
        "--json",
        "-u",
        str(users),
        "-r",
        str(users),
        "-t",
        f"{seconds}s",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def punctual(server: Path) -> None:
    """Response times at a low rate, and the highest rate with a lateness that a target of 20 ms allows."""
    with serving(server) as (url, _):
        target = Target(url, bodies=[b'{"data": [[1, 2, 3]]}'])
        measured = run(poisson(1000, SECONDS, seed=1), target)
        print(f"at 1,000 a second: {quantiles(measured)}")
        best = 0
        for rate in range(4000, 60_001, 4000):
            measured = run(poisson(rate, SECONDS, seed=rate), target)
            if judgement(measured, 0.02).is_refused:
                print(f"at {rate:,} a second, refused: {quantiles(measured)}")
                break
            best = rate
    print(f"punctual for a target of 20 ms up to {best:,} requests a second")


def quantiles(measured: Measurement) -> str:
    middle, high = (response_quantile(measured, share) * 1000 for share in (0.5, 0.99))
    return f"p50 {middle:.2f} ms, p99 {high:.2f} ms, lateness p99 {lateness_quantile(measured, 0.99) * 1000:.2f} ms"


def frozen(server: Path, vegeta: Optional[str], wrk: Optional[str], locust: Optional[str]) -> None:
    """A server that stands still for two of ten seconds."""
    seconds, rate = 10, 200
    truth = {share: FROZEN - (1 - share) * seconds for share in (0.95, 0.99)}
    print(f"frozen server: the truth is p95 {truth[0.95]:.2f} s, p99 {truth[0.99]:.2f} s")
    with serving(server) as (url, process):
        with freezing(process):
            measured = run(constant(rate, seconds), Target(url, method="GET"))
        mine = {share: response_quantile(measured, share) for share in truth}
        print(f"ours: {against(mine, truth)}")
    if vegeta:
        with serving(server) as (url, process):
            with freezing(process):
                attack = [vegeta, "attack", f"-rate={rate}", f"-duration={seconds}s"]
                shots = subprocess.run(attack, input=f"GET {url}\n".encode(), capture_output=True, check=True).stdout
            report = subprocess.run(
                [vegeta, "report", "-type=json"], input=shots, capture_output=True, check=True
            ).stdout
            latencies = json.loads(report)["latencies"]
            theirs = {0.95: latencies["95th"] / 1e9, 0.99: latencies["99th"] / 1e9}
        print(f"vegeta: {against(theirs, truth)}")
        print(f"ours over vegeta: {listed([mine[share] / theirs[share] for share in truth])}")
    if wrk:
        with serving(server) as (url, process), freezing(process):
            lines = output([wrk, "-t1", "-c4", f"-d{seconds}s", "--latency", url])
        print(f"wrk, a closed loop: p99 {next(each.split()[1] for each in lines if each.strip().startswith('99%'))}")
    if locust:
        with serving(server) as (url, process), freezing(process):
            [stats] = located(locust, url, f"constant_pacing({20 / rate})", 20, seconds)
        times = np.repeat([float(each) for each in stats["response_times"]], list(stats["response_times"].values()))
        print(f"Locust, a closed loop: p95 {np.quantile(times, 0.95):.0f} ms, p99 {np.quantile(times, 0.99):.0f} ms")


@contextmanager
def freezing(process: int) -> Iterator[None]:
    """Stops a process for a while, three seconds from now."""

    def freeze() -> None:
        time.sleep(3)
        os.kill(process, signal.SIGSTOP)
        time.sleep(FROZEN)
        os.kill(process, signal.SIGCONT)

    thread = threading.Thread(target=freeze)
    thread.start()
    yield
    thread.join()


def queue(server: Path) -> None:
    """A real queue against the formula, and against the same arrivals on a simulated clock."""
    with serving(server, str(round(SERVICE * 1e6))) as (url, _):
        for load in (0.5, 0.8):
            rate = load / SERVICE
            schedule = poisson(rate, REQUESTS / rate, seed=17)
            measured = run(schedule, Target(url, method="GET"))
            simulated = Servers(SERVICE)(schedule)
            text = [
                f"M/D/1 at {load}, n = {len(schedule.times):,}:",
                f"p95 over the formula's {response_quantile(measured, 0.95) / in_theory(0.95, rate, SERVICE):.3f},",
                f"over that of the same arrivals {ratio(measured, simulated):.3f};",
                f"lateness p99 {lateness_quantile(measured, 0.99) * 1000:.2f} ms,",
                f"failed {len(schedule.times) - int(np.sum(measured.succeeded))}",
            ]
            print(" ".join(text))


def ratio(measured: Measurement, other: Measurement) -> float:
    return response_quantile(measured, 0.95) / response_quantile(other, 0.95)


def against(found: dict[float, float], truth: dict[float, float]) -> str:
    return ", ".join(f"p{share * 100:.0f} {found[share]:.2f} s ({found[share] / truth[share]:.3f})" for share in truth)


def listed(values: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in values)


def output(command: list[str]) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    main()
