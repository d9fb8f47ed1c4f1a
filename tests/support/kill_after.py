"""Runs `mlplatform` and kills its own process, with signal 9, right after its n-th call of Azure Resource Manager.

python -m support.kill_after N ARGUMENT…
"""

import os
import signal
import sys
from typing import Any

from azure_mlplatform.__main__ import main
from azure_mlplatform.dynamic.arm import ResourceManager


def kill_after(number: int) -> None:
    """Lets the call with this number be the last thing that the process does."""
    send, calls = ResourceManager._send, iter(range(1, 1_000_000))

    def counted(self: ResourceManager, *args: Any, **kwargs: Any) -> Any:
        answer = send(self, *args, **kwargs)
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    ResourceManager._send = counted


if __name__ == "__main__":
    kill_after(int(sys.argv.pop(1)))
    main()
