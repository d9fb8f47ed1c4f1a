"""Runs a Pulumi program as the CLI's language host does: settings in the environment, the engine over gRPC.

Follows pulumi-language-python-exec, which comes with the CLI: a RunError is logged as it is, any other exception with
its traceback.
"""

import asyncio
import json
import os
import runpy
import sys
import traceback
from typing import Any

import pulumi
import pulumi.runtime


def main(described: dict[str, Any]) -> int:
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=described["project"],
            stack=described["stack"],
            monitor=described["monitor"],
            engine=described["engine"],
            dry_run=described["dry_run"],
            parallel=described["parallel"],
            organization=described["organization"],
            root_directory=described["root"],
        )
    )
    pulumi.runtime.set_all_config(
        json.loads(os.environ["PULUMI_CONFIG"]), json.loads(os.environ["PULUMI_CONFIG_SECRET_KEYS"])
    )
    program = described["program"]
    os.chdir(program)
    sys.path.insert(0, program)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def run() -> None:
        runpy.run_path(program, run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:
        pulumi.log.error("Program failed with an unhandled exception:\n" + traceback.format_exc())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
