"""Measures checks over the number of projects, as ratios in one run: `make bench-scale`.

Makes repositories with so many stacks (copies of projects/pricing with addresses of their own) and so many requests,
and runs `mlplatform check` and `mlplatform request check` on them in cold processes. The first check keeps its
results, the second finds them, the third finds all but that of one stack. SCALE_STACKS and SCALE_REQUESTS name other
sizes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from ipaddress import IPv4Address
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
STACKS = [int(each) for each in os.environ.get("SCALE_STACKS", "10 40 160").split()]
REQUESTS = [int(each) for each in os.environ.get("SCALE_REQUESTS", "10 100 1000").split()]
DAY = "2026-11-28"


def run(root: Path, *words: str) -> dict[str, float]:
    """The seconds, the CPU seconds and the megabytes of the largest process of a command."""
    command = [sys.executable, "-m", "azure_mlplatform", *words, "--on", DAY, "-C", str(root)]
    variables = {**os.environ, "MLPLATFORM_CACHE": str(root / ".cache")}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=variables)
    assert process.stderr is not None  # noqa: S101 - a pipe
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {code}: {said.decode()[-800:]}")
    return {
        "seconds": time.perf_counter() - start,
        "cpu": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
    }


def projects(root: Path, count: int) -> None:
    """Makes a repository with so many projects of two stacks each."""
    shutil.copytree(ROOT / "stacks", root / "stacks")
    for number in range(count):
        folder = shutil.copytree(ROOT / "projects" / "pricing", root / "projects" / f"pricing{number}")
        for file in folder.glob("Pulumi*.yaml"):
            text = re.sub(r"name: pricing\b", f"name: pricing{number}", file.read_text(encoding="utf-8"))
            for space, first in (("10.80.0.0/23", number * 1024), ("10.82.0.0/23", number * 1024 + 512)):
                text = text.replace(space, f"{IPv4Address('10.128.0.0') + first}/23")
            file.write_text(text, encoding="utf-8")


def requests(root: Path, count: int) -> None:
    """Makes a repository with so many requests of two environments each."""
    (root / "requests").mkdir(parents=True)
    platform = (ROOT / "requests" / "platform.yaml").read_text(encoding="utf-8")
    for old, new in (("10.160.0.0/14", "10.128.0.0/9"), ("_cores: 2000", "_cores: 1000000")):
        platform = platform.replace(old, new)
    (root / "requests" / "platform.yaml").write_text(platform, encoding="utf-8")
    request = yaml.safe_load((ROOT / "requests" / "lending.yaml").read_text(encoding="utf-8"))
    for environment in request["environments"]:
        environment.pop("approvals", None)
        environment.pop("vended_on", None)
    for number in range(count):
        request["project"] = f"lend{number}"
        request["repository"] = {
            "github": f"example/lend{number}",
            "ids": {"owner": 9919, "repository": 80000 + number},
        }
        group = f"00000000-0000-0000-0000-{number + 1:012x}"
        request["environments"][0]["groups"] = {"data_scientists": [group]}
        text = yaml.safe_dump(request, sort_keys=False)
        (root / "requests" / f"lend{number}.yaml").write_text(text, encoding="utf-8")


def of_check(work: Path) -> list[dict[str, float]]:
    """A row for each number of stacks."""
    rows: list[dict[str, float]] = []
    for count in STACKS:
        root = work / f"stacks{count}"
        projects(root, count // 2)
        first, second = run(root, "check"), run(root, "check")
        changed = root / "projects" / "pricing0" / "Pulumi.dev.yaml"
        changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        third = run(root, "check")
        kept = list((root / ".cache").iterdir())
        per_stack = first["cpu"] / count
        rows.append(
            {
                "stacks": count,
                "seconds": round(first["seconds"], 1),
                "cpu_per_stack_over_first_row": round(per_stack / (rows[0]["cpu_per_stack"] if rows else per_stack), 2),
                "cpu_per_stack": round(per_stack, 3),
                "megabytes_of_the_largest_process": round(max(each["megabytes"] for each in (first, second, third))),
                "second_over_first_cpu": round(second["cpu"] / first["cpu"], 3),
                "after_one_change_over_first_cpu": round(third["cpu"] / first["cpu"], 3),
                "kept_kilobytes_per_stack": round(
                    sum(each.stat().st_size for each in kept) / 1024 / max(1, len(kept)), 1
                ),
            }
        )
        shutil.rmtree(root)
    return rows


def of_request_check(work: Path) -> list[dict[str, float]]:
    """A row for each number of requests."""
    rows: list[dict[str, float]] = []
    for count in REQUESTS:
        root = work / f"requests{count}"
        requests(root, count)
        used = run(root, "request", "check")
        rows.append(
            {
                "requests": count,
                "seconds": round(used["seconds"], 1),
                "cpu": round(used["cpu"], 2),
                "cpu_over_first_row": round(used["cpu"] / (rows[0]["cpu"] if rows else used["cpu"]), 2),
                "megabytes": round(used["megabytes"]),
            }
        )
        shutil.rmtree(root)
    return rows


def main() -> int:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        print(json.dumps({"check": of_check(work), "request check": of_request_check(work)}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
