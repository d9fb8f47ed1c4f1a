"""Runs a Pulumi program as the CLI's language host does: settings in the environment, the engine over gRPC.

Follows pulumi-language-python-exec, which comes with the CLI: a RunError is logged as it is, any other
exception with its traceback.
"""

import asyncio
import json
import os
import runpy
import sys
import traceback

import pulumi
import pulumi.runtime


def main(program: str, monitor: str, engine: str, project: str, stack: str, root: str, dry_run: str) -> int:
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=project,
            stack=stack,
            monitor=monitor,
            engine=engine,
            dry_run=dry_run == "true",
            organization="organization",
            root_directory=root,
        )
    )
    pulumi.runtime.set_all_config(
        json.loads(os.environ["PULUMI_CONFIG"]), json.loads(os.environ["PULUMI_CONFIG_SECRET_KEYS"])
    )
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
    sys.exit(main(*sys.argv[1:]))
