"""Pulumi's wire format of property values, as plain Python and back."""

from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from ..foundation.secret_values import SECRET
from ..resource_types.resource_type import UNKNOWN

_SIGNATURE = rpc._special_sig_key


def plain(value: Any) -> Any:
    """Pulumi's wire format as plain Python, with `[secret]`, `[unknown]`, and whole numbers as integers."""
    if isinstance(value, struct_pb2.Struct):
        return _plain_fields(value.fields)
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    if kind == "struct_value":
        return _plain_fields(value.struct_value.fields)
    if kind == "list_value":
        return [plain(each) for each in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _plain_fields(fields: Any) -> Any:
    if _SIGNATURE not in fields:
        return {key: plain(value) for key, value in sorted(fields.items())}
    signature = fields[_SIGNATURE].string_value
    if signature == rpc._special_secret_sig:
        return SECRET
    if signature == rpc._special_resource_sig:
        return fields["urn"].string_value
    return f"[{'asset' if signature == rpc._special_asset_sig else 'archive'}]"


def wire(value: Any) -> struct_pb2.Value:
    """Plain Python as Pulumi's wire format."""
    if value == UNKNOWN:
        return struct_pb2.Value(string_value=rpc.UNKNOWN)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, list):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[wire(each) for each in value]))
    if isinstance(value, dict):
        return struct_pb2.Value(struct_value=wire_fields(value))
    return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)


def wire_fields(values: dict[str, Any]) -> struct_pb2.Struct:
    """The properties of a resource in Pulumi's wire format."""
    return struct_pb2.Struct(fields={key: wire(each) for key, each in values.items()})


def wire_secret(value: Any) -> struct_pb2.Value:
    """Plain Python as a secret in Pulumi's wire format."""
    fields = {_SIGNATURE: wire(rpc._special_secret_sig), "value": wire(value)}
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
