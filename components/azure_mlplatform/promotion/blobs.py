"""Containers of Azure Storage over REST: lists, reads, writes and deletes blobs, by Entra or by what a service granted.

A model has files of many gigabytes, so nothing here holds more than a block of one. Each call can be asked again: a
blob is written as blocks, which count for nothing until the last call names them all.

Source of calls, headers and limits: MicrosoftDocs/azure-docs-rest-apis, "Blob Storage REST API" (List Blobs, Get Blob,
Put Block, Put Block List, Delete Blob; version 2023-11-03), read 2026-11-28.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Optional
from urllib.parse import quote, unquote, urlencode, urlsplit

from ..dynamic.arm import REPEATABLE, ArmError, Pauses, bounded_transport
from ..foundation.secret_values import redacted

BLOCK = 8 * 1024 * 1024
"""What is read and written in one call, in bytes."""

MOST_BLOCKS = 50_000
"""The most blocks of a blob (Put Block List, remarks). With BLOCK bytes each, a file has at most 390 GiB."""

_VERSION = "2023-11-03"
_SCOPE = "https://storage.azure.com/.default"
_PAGE = 1000
_CONTAINER = re.compile(r"https://(?P<account>[a-z0-9]{3,24})\.blob\.core\.windows\.net/(?P<name>[a-z0-9$-]{3,63})")
"""The address of a container in Azure's public cloud, the only one that this library knows."""


class StorageError(Exception):
    """A call failed; the message has the service's code and text, and never the address that it was sent to."""

    def __init__(self, text: str, status: int = 0, account: str = "", fix: str = "") -> None:
        super().__init__(redacted(text))
        self.status = status
        """The HTTP status of the answer. 0 without one."""

        self.account = account
        """The storage account."""

        self.fix = fix
        """What to do, if it is not Azure that refused."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as a list names it."""

    name: str
    size: int
    etag: str
    """What it was when it was listed. Reading it fails if it has changed since."""


def container_of(address: str) -> tuple[str, str]:
    """The container in an address of a blob or container, and the path below it. Drops what follows a `?`.

    Raises StorageError if it is no address of a container in Azure's public cloud.
    """
    plain = address.partition("?")[0]
    found = _CONTAINER.match(plain)
    rest = plain[found.end() :] if found else ""
    if found is None or (rest and not rest.startswith("/")):
        host = urlsplit(plain).netloc or "nothing"
        what = f"the files are at '{host}', which is no container in https://*.blob.core.windows.net"
        raise StorageError(what, fix="Register a copy whose files are blobs in Azure's public cloud")
    return found[0], unquote(rest.strip("/"))


class Container:
    """A container, with a sign-in."""

    def __init__(self, url: str, *, credential: Any = None, granted: Optional[Callable[[], str]] = None) -> None:
        """`credential` signs in by Entra. `granted` asks a service for an address with a signature, which is valid for
        a while: it is asked anew when the store refuses it, and kept in memory alone."""
        self.url, _ = container_of(url)
        self.account = urlsplit(self.url).netloc.partition(".")[0]
        self._granted, self._signature = granted, ""
        self._client = _client(urlsplit(self.url).netloc, credential)

    def __str__(self) -> str:
        return f"{self.account}/{self.url.rpartition('/')[2]}"

    def blobs(self, prefix: str) -> Iterator[Blob]:
        """The blobs whose name begins with a prefix, sorted by name. Without what stands for a folder."""
        marker = ""
        while True:
            query = {"restype": "container", "comp": "list", "prefix": prefix, "maxresults": str(_PAGE)}
            query |= {"include": "metadata"} | ({"marker": marker} if marker else {})
            root = _xml(self._send("GET", "", query).content)
            for each in root.iter("Blob"):
                if each.findtext("Metadata/hdi_isfolder") == "true":
                    continue
                size = int(each.findtext("Properties/Content-Length") or 0)
                yield Blob(each.findtext("Name") or "", size, each.findtext("Properties/Etag") or "")
            marker = root.findtext("NextMarker") or ""
            if not marker:
                return

    def read(self, blob: Blob) -> Iterator[bytes]:
        """The content of a blob, block by block. Raises StorageError if it is not what was listed."""
        for start in range(0, blob.size, BLOCK):
            length = min(BLOCK, blob.size - start)
            headers = {"x-ms-range": f"bytes={start}-{start + length - 1}"}
            headers |= {"If-Match": blob.etag} if blob.etag else {}
            content = self._send("GET", blob.name, headers=headers).content
            if len(content) != length:
                raise StorageError(f"GET {blob.name}: {len(content)} of {length} bytes came", account=self.account)
            yield content

    def write(self, name: str, content: Iterable[bytes]) -> None:
        """Writes a blob, or replaces it. There is no blob of this name, or the one before, until all of it is there."""
        blocks: list[str] = []
        for each in content:
            if len(blocks) == MOST_BLOCKS:
                what = f"PUT {name}: the file has more than {MOST_BLOCKS * BLOCK} bytes"
                raise StorageError(what, fix="Split it into several files")
            block = base64.b64encode(f"{len(blocks):08}".encode()).decode()
            # The service compares the sum and refuses a block that was damaged on its way.
            md5 = base64.b64encode(hashlib.md5(each, usedforsecurity=False).digest()).decode()
            self._send("PUT", name, {"comp": "block", "blockid": block}, {"Content-MD5": md5}, each)
            blocks.append(block)
        listed = "".join(f"<Latest>{each}</Latest>" for each in blocks)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        kind = {"x-ms-blob-content-type": "application/octet-stream"}
        self._send("PUT", name, {"comp": "blocklist"}, kind, body)

    def delete(self, name: str) -> None:
        """Deletes a blob, or does nothing if there is none."""
        try:
            self._send("DELETE", name)
        except StorageError as error:
            if error.status != 404:
                raise

    def _send(
        self,
        method: str,
        blob: str,
        query: Mapping[str, str] = {},
        headers: Mapping[str, str] = {},
        content: Optional[bytes] = None,
    ) -> Any:
        if self._granted is None:
            return self._asked(method, blob, query, headers, content)
        fresh = not self._signature
        if fresh:
            self._signature = urlsplit(self._granted()).query
        try:
            return self._asked(method, blob, query, headers, content)
        except StorageError as error:
            if error.status not in (401, 403) or fresh:
                raise
        # The signature may have run out in the middle of a large model.
        self._signature = urlsplit(self._granted()).query
        return self._asked(method, blob, query, headers, content)

    def _asked(
        self, method: str, blob: str, query: Mapping[str, str], headers: Mapping[str, str], content: Optional[bytes]
    ) -> Any:
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        address = f"{self.url}/{quote(blob, safe='/')}" if blob else self.url
        asked = "&".join(filter(None, [urlencode(query, quote_via=quote), self._signature]))
        common = {"x-ms-version": _VERSION, "x-ms-date": formatdate(usegmt=True)}
        request = HttpRequest(method, f"{address}?{asked}", headers={**common, **headers}, content=content)
        call = f"{method} {blob or 'the list of blobs'} in {self}"
        try:
            answer = self._client.send_request(request, **REPEATABLE)
        except ArmError as error:
            raise StorageError(f"{call}: {error}", account=self.account) from None
        except AzureError as error:
            status = getattr(getattr(error, "response", None), "status_code", 0) or 0
            # The text of an error of the network has the address, and that may have a signature.
            text = f"no answer ({type(error).__name__})" if not status else f"{status}"
            raise StorageError(f"{call}: {text}", status, self.account) from None
        if not 200 <= answer.status_code < 300:
            code = answer.headers.get("x-ms-error-code") or answer.reason
            raise StorageError(f"{call}: {answer.status_code} {code}", answer.status_code, self.account)
        return answer


def _client(host: str, credential: Any) -> Any:
    from azure.core import PipelineClient
    from azure.core.pipeline import policies

    class OneHost(policies.SansIOHTTPPolicy[Any, Any]):
        """Sends no token and no signature to another host."""

        def on_request(self, request: Any) -> None:
            url = urlsplit(request.http_request.url)
            if url.scheme != "https" or url.netloc != host:
                raise StorageError(f"a call left https://{host}: nothing sent")

    signed_in = [policies.BearerTokenCredentialPolicy(credential, _SCOPE)] if credential else []
    return PipelineClient(
        f"https://{host}",
        policies=[
            OneHost(),
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy("azure-mlplatform"),
            policies.RetryPolicy(retry_status=10),
            *signed_in,
        ],
        transport=bounded_transport(Pauses(), BLOCK + 1),
    )


def _xml(content: bytes) -> Any:
    from xml.etree import ElementTree

    # Entities are declared in a document type, which Azure Storage never sends.
    if b"<!DOCTYPE" in content:
        raise StorageError("the list of blobs has a document type")
    try:
        return ElementTree.fromstring(content)  # noqa: S314 - without a document type there are no entities
    except ElementTree.ParseError:
        raise StorageError("the list of blobs is no XML") from None
