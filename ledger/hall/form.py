"""Forms of pages, decoded as strictly as JSON is: known fields, once each, into the struct that a route declares."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec.inspect import ListType, StructType, VarTupleType, type_info

MEDIA_TYPE = "application/x-www-form-urlencoded"
FIELDS_MAX = 500


class FormDecoder:
    """For one struct. A field of a tuple or list type may come many times; one left empty was not filled in."""

    def __init__(self, wanted: Any) -> None:
        described = type_info(wanted)
        assert isinstance(described, StructType), "a form is a struct"
        self._wanted = wanted
        self._lists = frozenset(
            field.encode_name for field in described.fields if isinstance(field.type, ListType | VarTupleType)
        )

    def decode(self, raw: bytes) -> Any:
        """Raises what the JSON decoder raises: `DecodeError`, and `ValidationError` with its place."""
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
        except ValueError as error:
            raise msgspec.DecodeError("not a form") from error
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in self._lists:
                found.setdefault(name, []).append(value.strip())
            elif name in found:
                raise msgspec.ValidationError(f"Object contains unknown field `{name[:60]}`")
            else:
                found[name] = value.strip()
        filled = {name: value for name, value in found.items() if value != ""}
        return msgspec.convert(filled, self._wanted, strict=False)
