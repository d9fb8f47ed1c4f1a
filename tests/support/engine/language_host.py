"""A language host for Python: the part of the Pulumi CLI that runs programs, which no package registry has.

Speaks the LanguageRuntime protocol with the stubs that the SDK ships, and starts programs with `executor.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2
from plugin import serve
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

EXECUTOR = Path(__file__).with_name("executor.py")


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    def __init__(self, engine: str) -> None:
        self._engine = engine

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return plugin_pb2.PluginInfo(version="3.0.0")

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return language_pb2.GetProgramDependenciesResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return language_pb2.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def InstallDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        yield from ()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        described = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "dry_run": request.dryRun,
            "parallel": request.parallel,
            "root": request.info.root_directory,
            "program": str(Path(request.info.program_directory or request.pwd) / request.info.entry_point),
        }
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        done = subprocess.run([sys.executable, "-u", EXECUTOR, json.dumps(described)], env=environment, check=False)
        # The program said itself what was wrong.
        return language_pb2.RunResponse(bail=done.returncode != 0)


if __name__ == "__main__":
    engine = next((each for each in sys.argv[1:] if not each.startswith("-")), "")
    serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(engine), server))
