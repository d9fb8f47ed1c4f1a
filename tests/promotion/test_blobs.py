"""Containers: no token and no signature goes elsewhere, no page and no change is missed."""

import pytest

from azure_mlplatform.dynamic import arm
from azure_mlplatform.promotion.blobs import Blob, Container, StorageError, container_of
from azure_mlplatform.promotion.model_files import files_at
from support.model_registry import SIGNATURE, Response

pytestmark = pytest.mark.slow

URL = "https://registrystore.blob.core.windows.net/box"


@pytest.fixture
def container(azure, monkeypatch):
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    azure._granted("box")
    [signature] = azure._signatures
    return Container(URL, granted=lambda: f"{URL}?sig={signature}")


@pytest.mark.parametrize(
    "address",
    [
        "http://registrystore.blob.core.windows.net/box",
        "https://registrystore.blob.core.windows.net",
        "https://registrystore.blob.core.windows.net.evil.example/box",
        "https://evil.example/registrystore.blob.core.windows.net/box",
        "https://registrystore.blob.core.windows.net@evil.example/box",
        "https://registrystore.blob.core.windows.net/box:8080",
        "https://REG.blob.core.chinacloudapi.cn/box",
        "",
    ],
)
def test_only_containers_of_azures_public_cloud_are_called(address):
    with pytest.raises(StorageError):
        container_of(f"{address}?sig={SIGNATURE}")


def test_an_address_is_split_and_its_signature_dropped():
    assert container_of(f"{URL}/a%20b/c?sv=1&sig={SIGNATURE}") == (URL, "a b/c")


def test_all_pages_are_listed_and_folders_are_no_files(azure, container):
    files = {f"m/{number}": b"x" * number for number in range(7)} | {"m": b"<folder>", "m/d": b"<folder>", "m2": b""}
    azure.put("registrystore", "box", files)
    assert [each.path for each in files_at(container, "m").files] == [f"m/{number}" for number in range(7)]
    assert files_at(container, "m").size == sum(range(7))


def test_a_file_that_changes_while_it_is_read_is_refused(azure, container):
    azure.put("registrystore", "box", {"m": b"before"})
    [listed] = container.blobs("m")
    azure.put("registrystore", "box", {"m": b"after!"})
    with pytest.raises(StorageError, match="412 ConditionNotMet"):
        list(container.read(listed))


def test_fewer_bytes_than_asked_for_are_refused(azure, container):
    azure.put("registrystore", "box", {"m": b"1234"})
    with pytest.raises(StorageError, match="4 of 5 bytes came"):
        list(container.read(Blob("m", 5, "")))


def test_a_block_that_is_damaged_on_its_way_is_refused(azure, container):
    def damages(request):
        with azure.lock:
            return azure._blob(request._replace(body=b"damaged"))

    azure.breaks("comp=block&", damages)
    with pytest.raises(StorageError, match="400 Md5Mismatch"):
        container.write("m", [b"whole"])
    assert azure.files("registrystore") == {}


def test_no_error_shows_the_signature(azure, container, monkeypatch):
    monkeypatch.setattr(arm.time, "sleep", lambda _: None)
    azure.breaks("box", Response(500, b"", cut=True), times=50)
    with pytest.raises(StorageError) as refused:
        list(container.blobs("m"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(StorageError) as unreachable:
        list(container.blobs("m"))
    said = f"{refused.value!r} {unreachable.value!r}"
    assert SIGNATURE not in said
    assert "no answer" in said


def test_deleting_what_is_not_there_is_done(container):
    container.delete("none")


def test_a_list_with_a_document_type_is_no_list(azure, container):
    azure.breaks("comp=list", Response(200, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'))
    with pytest.raises(StorageError, match="document type"):
        list(container.blobs("m"))
