"""Hands the body that the guard has decoded to the handler, in place of the framework's own lax decoder."""

from collections.abc import Generator
from typing import Any

from litestar.dto import AbstractDTO, DTOConfig
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.typing import FieldDefinition


class DecodedBody(AbstractDTO[Any]):
    """Every body is strictly decoded before authentication; a second decoder could only disagree."""

    config = DTOConfig()

    def decode_bytes(self, value: bytes) -> Any:
        return self.asgi_connection.scope["state"]["call"].body

    def decode_builtins(self, value: dict[str, Any]) -> Any:
        """Of a form."""
        return self.asgi_connection.scope["state"]["call"].body

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """No transfer model is wanted."""

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False
