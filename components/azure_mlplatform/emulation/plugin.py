"""The plugin process that an engine starts for azure-native. It only passes on the port of a provider in the server.

Runs as a script without the package, so that it starts at once: an engine starts one for each provider resource.
"""

import contextlib
import os
import socket
import sys

ADDRESS = "AZURE_MLPLATFORM_EMULATION"
"""The variable with the port of the server."""


def main() -> None:
    """Asks the server for a provider, says its port to the engine, and lives as long as either of the two."""
    engine, port = os.getppid(), os.environ.get(ADDRESS)
    if not port:
        sys.exit(f"{ADDRESS} is not set: run the command with `mlplatform local`")
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        answer = connection.makefile("r").readline().strip()
        if not answer:
            sys.exit("the emulated Azure has ended")
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
        # The engine closes no pipe when it is killed.
        connection.settimeout(1)
        while os.getppid() == engine:
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1):
                    break


if __name__ == "__main__":
    # An engine interrupts a plugin that it does not need.
    with contextlib.suppress(KeyboardInterrupt):
        main()
