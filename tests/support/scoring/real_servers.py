"""Real scoring servers in an environment of their own: azureml-inference-server-http and `mlflow models serve`.

The environment stands in build/scoring-<hash of its requirements and programs> and is made on demand: about 40 s of one
core and a minute or more of the network. azureml-inference-server-http has a proprietary licence and pins that clash
with ours, so it is a part of no installation of this package. Both serve one logistic regression that is trained there.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

_HERE = Path(__file__).parent / "real"
_BUILD = Path(__file__).parents[3] / "build"
_START_SECONDS = 180
"""How long a server may take to start on a machine that is busy."""


@dataclass(frozen=True)
class ScoringEnvironment:
    """The environment, with the trained model."""

    folder: Path

    @property
    def expected(self) -> dict[str, Any]:
        """`inputs`, and the `scores` that the model has for them."""
        return json.loads((self.folder / "model" / "expected.json").read_text(encoding="utf-8"))


def scoring_environment() -> ScoringEnvironment:
    """The environment, made if it is not there. Several processes may ask for it at once."""
    digest = hashlib.sha256(sys.version.encode())
    for each in sorted(_HERE.iterdir()):
        if each.is_file():
            digest.update(each.read_bytes())
    folder = _BUILD / f"scoring-{digest.hexdigest()[:12]}"
    _BUILD.mkdir(exist_ok=True)
    with (_BUILD / "scoring.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder)
            (folder / "ready").touch()
    return ScoringEnvironment(folder)


def _make(folder: Path) -> None:
    python = str(folder / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "-r", str(_HERE / "requirements.txt")], check=True)
    (folder / "model").mkdir()
    subprocess.run([python, "-W", "ignore", str(_HERE / "train.py"), str(folder / "model")], check=True, env=_clean())


def _clean() -> dict[str, str]:
    """This process's variables without those of an own installation, sign-in or certificate."""
    left_out = ("ARM_", "AZURE_", "PYTHON", "SSL_", "REQUESTS_", "VIRTUAL_ENV")
    return {key: value for key, value in os.environ.items() if not key.startswith(left_out)}


class RealServer:
    """A server that runs. `url` is where it scores."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str, tuning: Path) -> None:
        self._process, self.url, self._tuning = process, url, tuning

    def take(self, service_ms: float) -> None:
        """Lets each request take so long from now on, beside the model itself."""
        # Replaced, not written: a request that reads it meanwhile finds one of the two.
        beside = self._tuning.with_suffix(".new")
        beside.write_text(str(service_ms), encoding="utf-8")
        beside.replace(self._tuning)

    def die(self) -> None:
        """Kills it, with its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.wait()


@contextlib.contextmanager
def azureml_server(
    made: ScoringEnvironment, folder: Path, *, service_ms: float = 0, workers: int = 1
) -> Iterator[RealServer]:
    """azureml-inference-server-http for the block: POST `{"data": [[four numbers], …]}` → `{"scores": […]}`."""
    port = _free_port()
    words = ["azmlinfsrv", "--entry_script", str(_HERE / "score.py"), "--port", str(port)]
    variables = {"AZUREML_MODEL_DIR": str(made.folder / "model"), "WORKER_COUNT": str(workers)}
    health = f"http://127.0.0.1:{port}/"
    with _running(made, folder, words, variables, health, f"http://127.0.0.1:{port}/score", service_ms) as server:
        yield server


@contextlib.contextmanager
def mlflow_server(
    made: ScoringEnvironment, folder: Path, *, service_ms: float = 0, workers: int = 1
) -> Iterator[RealServer]:
    """`mlflow models serve` for the block: POST `{"inputs": [[four numbers], …]}` → `{"predictions": […]}`."""
    port = _free_port()
    model = str(made.folder / "model" / "mlflow")
    words = ["mlflow", "models", "serve", "-m", model, "-p", str(port), "--env-manager", "local", "-w", str(workers)]
    health = f"http://127.0.0.1:{port}/health"
    with _running(made, folder, words, {}, health, f"http://127.0.0.1:{port}/invocations", service_ms) as server:
        yield server


@contextlib.contextmanager
def _running(
    made: ScoringEnvironment,
    folder: Path,
    words: list[str],
    variables: dict[str, str],
    health: str,
    url: str,
    service_ms: float,
) -> Iterator[RealServer]:
    tuning = folder / f"{words[0]}-{url.rsplit(':', 1)[1].partition('/')[0]}.ms"
    tuning.write_text(str(service_ms), encoding="utf-8")
    log = tuning.with_suffix(".log")
    binaries = made.folder / "bin"
    with log.open("wb") as to:
        process = subprocess.Popen(
            [str(binaries / words[0]), *words[1:]],
            stdout=to,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
            env={
                **_clean(),
                **variables,
                "PATH": os.pathsep.join([str(binaries), os.environ.get("PATH", "")]),
                "SERVICE_MS_FILE": str(tuning),
                "OMP_NUM_THREADS": "1",
            },
        )
    server = RealServer(process, url, tuning)
    try:
        _wait(process, health, log)
        yield server
    finally:
        server.die()


def _wait(process: "subprocess.Popen[bytes]", health: str, log: Path) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(requests.RequestException):
            if requests.get(health, timeout=5).status_code == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]
