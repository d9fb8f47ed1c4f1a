"""A server on this machine that answers as Azure's Retail Prices API does."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

from azure_mlplatform.catalogue.prices import Price


def known(price: Optional[Price]) -> Price:
    """A price that is there."""
    assert price is not None, "no price"
    return price


def item(**changes):
    """An item as the API has it."""
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": 0.276,
        "unitPrice": 0.276,
        "armRegionName": "westeurope",
        "location": "EU West",
        "effectiveStartDate": "2021-11-01T00:00:00Z",
        "meterName": "D4ds v5",
        "productName": "Virtual Machines Ddsv5 Series",
        "skuName": "D4ds v5",
        "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": "Standard_D4ds_v5",
        **changes,
    }


@contextmanager
def api(*answers):
    """A server that gives its answers one after another, the last one for ever. Each is items, or a function."""
    asked = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer = left.pop(0) if len(left) > 1 else left[0]
            if callable(answer):
                answer(self)
            else:
                send(self, {"Items": answer, "NextPageLink": None, "Count": len(answer)})

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the parameter
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/retail/prices", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler, body, status=200, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
