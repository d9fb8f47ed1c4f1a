"""The commands as processes, against registries, workspaces and storage on loopback, with the rights of real roles."""

import json
import re
import shlex
import signal
import threading
from typing import Any

import jsonschema
import pytest

from azure_mlplatform.cli import model_promote, model_share, model_show
from azure_mlplatform.cli.schema import output_schema
from support.model_registry import SIGNATURE, Response
from support.promoted_models import (
    FILES,
    FOLDER,
    REGISTRY,
    add_model,
    digest_by_sha256sum,
    json_of,
    version_of,
    workspace,
)

pytestmark = pytest.mark.slow

ASSET = "azureml://registries/mlr-models/models/churn/versions/7"
BLOCK = 8 * 1024 * 1024
PUT_BLOCK = r"comp=block&"


def registered(azure, place) -> Any:
    """The properties of the version that a place has, or None."""
    found = azure.resources.get(version_of(place).lower())
    return found["properties"] if found else None


def test_a_model_goes_from_dev_to_prod_and_says_where_it_comes_from(azure, cli, tmp_path):
    shared = cli.share("--json")
    assert shared.returncode == 0, shared.stderr
    answer = json_of(shared)
    jsonschema.validate(answer, output_schema())
    digest = digest_by_sha256sum(tmp_path / "files", FILES)
    assert (answer["id"], answer["was_there"], answer["files"]) == (ASSET, False, 4)
    assert answer["bytes"] == sum(map(len, FILES.values()))
    assert answer["provenance"] == {
        "digest": digest,
        "workspace": workspace("dev"),
        "job": "job1",
        "git_commit": "c0ffee",
        "git_repository": "https://git/x",
        "git_dirty": "False",
        "registry_model": None,
    }
    in_registry = registered(azure, REGISTRY)
    assert in_registry["properties"]["mlplatform.digest"] == digest
    assert (in_registry["modelType"], in_registry["tags"]) == ("custom_model", {"team": "lending"})
    assert in_registry["modelUri"].endswith("/model")
    promoted = cli.promote("--json")
    assert promoted.returncode == 0, promoted.stderr
    answer = json_of(promoted)
    jsonschema.validate(answer, output_schema())
    assert answer["id"] == version_of(workspace("prod"))
    assert (answer["copied"], answer["copied_for"], answer["was_there"]) == (True, ["ep-cluster"], False)
    assert answer["provenance"]["registry_model"] == ASSET
    assert answer["provenance"]["git_commit"] == "c0ffee"
    folder = f"promoted-models/churn/7/{digest.replace(':', '-')}"
    assert azure.files("stprod") == {f"{folder}/{name}": content for name, content in FILES.items()}
    in_prod = registered(azure, workspace("prod"))
    assert in_prod["modelUri"].endswith(f"/datastores/workspaceblobstore/paths/{folder}/model")
    assert (in_prod["description"], in_prod["properties"]["mlplatform.job"]) == ("churn of customers", "job1")
    # No key is asked for, and the signatures that the service gave are nowhere.
    assert not azure.asked("POST", "listSecrets|listKeys")
    assert SIGNATURE not in json.dumps(azure.resources) + shared.stdout + promoted.stdout


def test_each_example_of_a_help_text_runs_as_printed(azure, cli):
    values = {"$REGISTRY": REGISTRY}
    for command, identity in (
        (model_share, "release-dev"),
        (model_promote, "release-prod"),
        (model_show, "release-prod"),
    ):
        for example in command.EXAMPLES:
            words = shlex.split(re.split(r"\s{2,}", example)[0])
            assert words[:2] == ["mlplatform", "model"]
            done = cli.run(identity, *[values.get(each, each) for each in words[2:]])
            assert done.returncode == 0, (example, done.stderr)
        if command is model_share:
            values["$DIGEST"] = json.loads((cli.folder / "shared.json").read_text())["provenance"]["digest"]


def test_progress_and_answer_are_apart_and_a_second_run_changes_nothing(azure, cli):
    assert cli.share("-o", "shared.txt").returncode == 0
    assert (cli.folder / "shared.txt").read_text().startswith(f"{ASSET} is shared\n  sha256:")
    first = cli.promote()
    assert first.stdout.startswith(f"{version_of(workspace('prod'))}\n  is copied, compared and registered, for ep-")
    assert "reading version 7 of 'churn' in the registry mlr-models\n" in first.stderr
    before = json.dumps(azure.resources), dict(azure.store.blobs)
    azure.requests.clear()
    again = cli.share(), cli.promote()
    assert [each.returncode for each in again] == [0, 0]
    assert "is there already" in again[0].stdout
    assert "is there already" in again[1].stdout
    assert (json.dumps(azure.resources), azure.store.blobs) == before
    assert not [each for each in azure.requests if each.method in ("PUT", "DELETE")]


def test_managed_endpoints_get_the_id_and_nothing_is_copied(azure, cli):
    cli.share()
    del azure.resources[f"{workspace('prod')}/onlineEndpoints/ep-cluster".lower()]
    done = cli.promote("--json")
    assert (json_of(done)["id"], json_of(done)["copied"]) == (ASSET, False)
    assert not azure.files("stprod")
    assert cli.promote().stdout.splitlines()[:2] == [
        ASSET,
        "  managed endpoints deploy from the registry: nothing is copied",
    ]
    assert json_of(cli.promote("--copy", "--json"))["id"] == version_of(workspace("prod"))
    del azure.resources[f"{workspace('prod')}/onlineEndpoints/ep-managed".lower()]
    unsure = cli.promote()
    assert (unsure.returncode, unsure.stdout) == (1, "")
    assert "has no online endpoint" in unsure.stderr
    assert "--no-copy" in unsure.stderr


def test_show_says_the_digest_the_job_and_the_commit(azure, cli):
    in_dev = cli.run("release-dev", "show", "churn", "7", "--in", "dev")
    assert in_dev.returncode == 0, in_dev.stderr
    assert "c0ffee" in in_dev.stdout
    assert "digest" not in in_dev.stdout
    cli.share()
    shown = json_of(cli.run("release-prod", "show", "churn", "7", "--json"))
    jsonschema.validate(shown, output_schema())
    assert (shown["id"], shown["provenance"]["job"]) == (ASSET, "job1")
    assert shown["provenance"]["digest"].startswith("sha256:")
    missing = cli.run("release-prod", "show", "churn", "8", "--json")
    assert missing.returncode == 2
    assert json_of(missing)["problems"][0]["fix"] == "'churn' has there: 7"


def test_a_model_of_one_file_keeps_its_name(azure, cli, tmp_path):
    add_model(azure, {"model.pkl": b"pickled"}, "model.pkl")
    assert cli.share().returncode == 0
    assert registered(azure, REGISTRY)["modelUri"].endswith("/model.pkl")
    done = json_of(cli.promote("--json"))
    assert done["provenance"]["digest"] == digest_by_sha256sum(tmp_path / "files", {"model.pkl": b"pickled"})
    assert [name.rsplit("/", 1)[1] for name in azure.files("stprod")] == ["model.pkl"]


def test_another_content_under_the_same_version_is_refused(azure, cli):
    cli.share()
    cli.promote()
    before = json.dumps(azure.resources)
    azure.put("stdev", "azureml", {f"{FOLDER}/model/MLmodel": b"flavors: {other: 1}\n"})
    refused = cli.share()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "has another content under this version" in refused.stderr
    registered(azure, workspace("prod"))["properties"]["mlplatform.digest"] = f"sha256:{'0' * 64}"
    other = cli.promote("--json")
    assert other.returncode == 1
    assert "another content" in json_of(other)["problems"][0]["what"]
    registered(azure, workspace("prod"))["properties"].clear()
    assert "says no digest" in cli.promote().stderr
    assert json.loads(before).keys() == azure.resources.keys()


def test_what_the_registry_holds_is_compared_with_the_digest(azure, cli):
    cli.share()
    [name] = [each for each in azure.files("registrystore") if each.endswith("weights.bin")]
    [key] = [each for each in azure.store.blobs if each[0] == "registrystore" and each[2] == name]
    azure.store.blobs[key] = b"somebody put another model here"
    done = cli.promote()
    assert (done.returncode, done.stdout) == (1, "")
    assert "the contents differ: the registry mlr-models holds sha256:" in done.stderr
    assert registered(azure, workspace("prod")) is None
    assert azure.files("stprod") == {}


def test_what_arrived_is_compared_too_and_taken_away_again(azure, cli):
    cli.share()

    def corrupts(request):
        """A disk that keeps something else than it was sent."""
        azure.lock.acquire()
        try:
            response = azure._blob(request)
            for key in azure.store.blobs:
                if key[0] == "stprod" and key[2].endswith("MLmodel"):
                    azure.store.blobs[key] = b"flavors: {X\n"
        finally:
            azure.lock.release()
        return response

    azure.breaks(r"stprod.*MLmodel.*comp=blocklist", corrupts)
    done = cli.promote()
    assert (done.returncode, done.stdout) == (1, "")
    assert "arrived in the workspace mlw-churn-prod" in done.stderr
    assert "what was copied is deleted" in done.stderr
    assert registered(azure, workspace("prod")) is None
    assert azure.files("stprod") == {}
    assert cli.promote().returncode == 0


def test_an_approved_digest_is_the_only_one_that_goes_to_prod(azure, cli):
    digest = json_of(cli.share("--json"))["provenance"]["digest"]
    refused = cli.promote("--digest", f"sha256:{'1' * 64}")
    assert refused.returncode == 1
    assert f"and the version in the registry mlr-models says {digest}" in refused.stderr
    assert azure.files("stprod") == {}
    assert cli.promote("--digest", digest).returncode == 0


def test_a_model_that_another_tool_shared_needs_a_digest(azure, cli):
    digest = json_of(cli.share("--json"))["provenance"]["digest"]
    registered(azure, REGISTRY)["properties"].clear()
    refused = cli.promote()
    assert refused.returncode == 1
    assert "says no digest" in refused.stderr
    assert cli.promote("--digest", digest).returncode == 0
    assert "something else than this command put it there" in cli.share().stderr


def test_throttling_slow_registrations_and_cut_connections_are_waited_for(azure, cli):
    azure.slow, azure.absent = 5, 1
    busy = Response(429, b"{}", (("Retry-After", "0"),))
    azure.breaks(r"/registries/mlr-models/models/churn/versions/7\?", busy, method="PUT", times=2)
    azure.breaks(PUT_BLOCK, Response(503, b"", (("Retry-After", "0"), ("x-ms-error-code", "ServerBusy"))), times=2)
    azure.breaks(r"stdev.*weights\.bin", Response(206, b"x" * 25600, cut=True), method="GET")
    azure.breaks(r"comp=list", Response(200, b"<EnumerationResults/>" * 9, cut=True), method="GET")
    done = cli.share()
    assert done.returncode == 0, done.stderr
    assert len(azure.asked("PUT", "/registries/")) == 3
    azure.breaks(r"stprod.*comp=block&", Response(500, b"", cut=True), method="PUT")
    assert cli.promote().returncode == 0
    assert sorted(azure.files("stprod").values()) == sorted(FILES.values())


def test_files_of_many_blocks_and_signatures_that_run_out(azure, cli):
    large = bytes(i * 7 % 251 for i in range(1 << 16)) * (2 * BLOCK // (1 << 16)) + b"the end"
    add_model(azure, {"model/large.bin": large, "model/second": b"2"})
    azure.signature_lives = 3
    assert cli.share().returncode == 0
    assert len(azure.asked("POST", "startPendingUpload")) >= 3
    done = cli.promote()
    assert done.returncode == 0, done.stderr
    assert {name.rsplit("/", 1)[1]: each for name, each in azure.files("stprod").items()} == {
        "large.bin": large,
        "second": b"2",
    }
    assert len(azure.asked("POST", "datareferences")) >= 2


@pytest.mark.parametrize(
    ("command", "at", "place"),
    [
        ("share", r"registrystore.*weights\.bin.*comp=blocklist", REGISTRY),
        ("share", r"/registries/mlr-models/models/churn/versions/7\?api", REGISTRY),
        ("promote", r"stprod.*weights\.bin.*comp=blocklist", workspace("prod")),
        ("promote", r"/mlw-churn-prod/models/churn/versions/7\?api", workspace("prod")),
    ],
)
def test_a_run_that_is_killed_leaves_nothing_registered_and_can_be_repeated(azure, cli, command, at, place):
    if command == "promote":
        cli.share()
    reached, go_on = threading.Event(), threading.Event()

    def hangs(_request):
        reached.set()
        go_on.wait(60)
        return Response(500)

    azure.breaks(at, hangs, method="PUT")
    process = cli.start(f"release-{'dev' if command == 'share' else 'prod'}", command, "churn", "7")
    assert reached.wait(60), process.communicate()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    go_on.set()
    assert registered(azure, place) is None
    again = getattr(cli, command)()
    assert again.returncode == 0, again.stderr
    kept = azure.files("stprod" if command == "promote" else "registrystore")
    assert sorted(kept.values()) == sorted(FILES.values())


def test_a_registration_under_way_is_waited_for_and_one_that_failed_is_said(azure, cli):
    cli.share()
    path = version_of(REGISTRY).lower()
    azure._pending[path] = 3
    not_ready = cli.promote()
    assert not_ready.returncode == 1
    assert "is not ready: Creating" in not_ready.stderr
    assert cli.share().returncode == 0
    assert azure._pending[path] == 0
    registered(azure, REGISTRY)["provisioningState"] = "Failed"
    failed = cli.share()
    assert failed.returncode == 1
    assert "its registration failed" in failed.stderr
    assert "is not ready: Failed" in cli.promote().stderr


def test_what_another_run_registered_meanwhile_counts(azure, cli):
    def registers_first(request):
        with azure.lock:
            azure._arm(request)
        return Response(409, b'{"error": {"code": "Conflict", "message": "exists"}}')

    azure.breaks(r"/registries/.*/versions/7\?", registers_first, method="PUT")
    done = cli.share()
    assert done.returncode == 0, done.stderr
    assert "is there already" in done.stdout


def test_rights_are_those_of_the_own_side_and_a_refusal_names_the_role(azure, cli):
    # Prod's identity may not publish; dev's may not write to prod's workspace or read it.
    azure.identities["release-prod"].storage |= {"stdev"}
    azure.identities["release-prod"].grants += azure.identities["release-dev"].grants[:1]
    publishes = cli.share(identity="release-prod")
    assert publishes.returncode == 3
    assert "registries/assets/write" in publishes.stderr
    assert "`writers` of model_registry" in publishes.stderr
    cli.share()
    for words in ((), ("--copy",), ("--copy", "--json")):
        done = cli.promote(*words, identity="release-dev")
        assert done.returncode == 3
        assert "role 'Azure ML release' on the workspace" in done.stdout + done.stderr
    assert azure.files("stprod") == {}
    assert registered(azure, workspace("prod")) is None
    azure.identities["release-prod"].storage = frozenset()
    store = cli.promote()
    assert store.returncode == 3
    assert "'Storage Blob Data Contributor' on stprod" in store.stderr
    azure.identities["release-prod"].grants = azure.identities["release-prod"].grants[:1]
    assert "`readers` for prod" in cli.promote().stderr


def test_another_tenant_and_an_unknown_identity_are_said(azure, cli):
    other = cli.share(ARM_TENANT_ID="00000000-0000-0000-0000-0000000000bb")
    assert (other.returncode, other.stdout) == (2, "")
    assert "is in the tenant 00000000-0000-0000-0000-0000000000aa" in other.stderr
    assert not azure.requests
    unknown = cli.share(identity="nobody", ARM_TENANT_ID="")
    assert unknown.returncode == 3
    assert unknown.stderr.count("AADSTS700016") == 1
    assert "release identity" in unknown.stderr
    azure.breaks(r"/workspaces/", Response(401, b'{"error": {"code": "InvalidAuthenticationTokenTenant"}}'), times=9)
    assert "is not of the tenant" in cli.share().stderr


def test_models_that_cannot_be_taken_are_refused_before_anything_is_written(azure, cli):
    for uri, says in (
        ("azureml://datastores/gone/paths/x", "has not the datastore 'gone'"),
        ("azureml://datastores/workspaceartifactstore/paths/none", "there is no file at 'none'"),
        ("https://example.com/model", "which is no container"),
        (f"azureml://subscriptions/{'0' * 36}/resourceGroups/g/workspaces/w/datastores/d/paths/x", "another workspace"),
    ):
        azure.resources[version_of(workspace("dev")).lower()]["properties"]["modelUri"] = uri
        done = cli.share()
        assert (done.returncode, done.stdout) == (1, "")
        assert says in done.stderr
    assert cli.run("release-dev", "share", "churn", "9").stderr.splitlines()[-1] == "    'churn' has there: 7"
    assert not azure.asked("PUT", "")
    add_model(azure, {"model/a\\b": b""})
    assert "backslash" in cli.share().stderr


def test_all_wrong_options_are_said_at_once(cli):
    words = ("promote", "a/b", "..", "--to", "sandbox", "--digest", "md5:1", "--registry", "mlr-models", "--json")
    done = cli.run("release-prod", *words)
    assert done.returncode == 2
    named = [each["file"].split(" ")[0] for each in json_of(done)["problems"]]
    assert named == ["MODEL", "VERSION", "--to", "--registry", "--digest"]
