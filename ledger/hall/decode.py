"""Decodes a request once, strictly, before anything else is looked at: body, query and headers as a route declares."""

import re
from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, ParameterKwarg, QueryParameter
from litestar.typing import FieldDefinition

from ledger.actions.read_rules import in_both
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.form import MEDIA_TYPE as FORM
from ledger.hall.form import FormDecoder
from ledger.hall.sent import Asked

JSON = "application/json"
YAML = "application/yaml"
CSV = "text/csv"
TAKES = "takes"
FILES = ("image/jpeg", "image/png", "image/webp", "application/pdf")
IDEMPOTENCY_KEY = "Idempotency-Key"

PATH_PART = "[A-Za-z0-9_-]{1,64}"

_PATH_PART = re.compile(PATH_PART)
_STEP = re.compile(r"\.([^.\[\]`]+)|\[(\d+)\]|\[\.\.\.\]")
_FIELD = re.compile(r"(?:unknown|required) field `([^`]+)`")
_CONSTRAINTS = ("ge", "le", "min_length", "max_length", "pattern")


class Parameter(msgspec.Struct, frozen=True):
    """One query parameter or header as a route declares it, and what its handler calls it."""

    name: str
    keyword: str
    type: Any
    is_required: bool
    # The same type as the field of a struct: looking that up costs the library a fifth of looking up an annotation.
    as_field: type[msgspec.Struct]


class Intake(msgspec.Struct, frozen=True):
    """What a route takes, worked out once at start-up from its signature; none of the types means no body."""

    media_types: tuple[str, ...]
    body_type: Any
    body_decoder: msgspec.json.Decoder[Any] | FormDecoder | None
    query: tuple[Parameter, ...]
    headers: tuple[Parameter, ...]
    path: tuple[str, ...]

    @property
    def media_type(self) -> str | None:
        """The first of those it takes."""
        return self.media_types[0] if self.media_types else None


def intake_of(handler: HTTPRouteHandler, path: tuple[str, ...]) -> Intake:
    """The explicit markers of the signature are the one source: they are decoded by, and the schema shows them."""
    fields = handler.parsed_fn_signature.parameters
    data = fields.get("data")
    # A route of raw bytes says what they may be: `@post(…, opt={TAKES: FILES})`; without a word it is YAML.
    media_types: tuple[str, ...] = handler.opt.get(TAKES, (YAML,)) if "body" in fields else ()
    decoder: msgspec.json.Decoder[Any] | FormDecoder | None = None
    if data is not None:
        is_form = getattr(data.kwarg_definition, "media_type", None) == RequestEncodingType.URL_ENCODED
        media_types = (FORM if is_form else JSON,)
        decoder = FormDecoder(data.annotation) if is_form else msgspec.json.Decoder(data.annotation, strict=True)
    return Intake(
        media_types=media_types,
        body_type=None if data is None else data.annotation,
        body_decoder=decoder,
        query=_parameters(fields, QueryParameter),
        headers=_parameters(fields, HeaderParameter),
        path=path,
    )


async def decode(request: Asked, intake: Intake) -> Any:
    """The decoded body (None where the route takes none); raises `Faulty` with everything that can be pointed at."""
    _require_path(request.path_params, intake)
    if intake.query or request.scope["query_string"]:
        _require_query(request, intake)
    for parameter in intake.headers:
        _require_header(request, parameter)
    if not intake.media_types:
        return None
    sent_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent_type not in intake.media_types:
        raise Faulty(Fault.UNSUPPORTED_MEDIA_TYPE, numbers={"expected": ", ".join(intake.media_types)})
    if intake.body_decoder is None and intake.media_type != YAML:
        return None
    raw = await request.body()
    if intake.body_decoder is None:
        return raw
    try:
        return intake.body_decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Faulty(Fault.MALFORMED, spots=[spot_of(error)]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        words = Title("不是有效的表单", "not a valid form")
        if intake.media_type == JSON:
            words = Title("不是有效的 JSON", "not valid JSON")
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, pointer="")]) from error


def spot_of(error: msgspec.ValidationError) -> Spot:
    """`Expected `int`, got `str` - at `$.lines[0].quantity`` becomes a sentence in both languages and a pointer."""
    message, _, path = str(error).partition(" - at ")
    steps = [name or index or "*" for name, index in _STEP.findall(path)]
    named = _FIELD.search(message)
    if named:
        steps.append(named[1])
    pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)
    return Spot(in_both(message), pointer=pointer)


def _require_path(values: Mapping[str, Any], intake: Intake) -> None:
    """What cannot be an id names nothing; it must not reach the database, which refuses some characters."""
    for name in intake.path:
        if not _PATH_PART.fullmatch(values[name]):
            raise Refused(Reason.NOT_FOUND, **{name: "?"})


def _require_query(request: Asked, intake: Intake) -> None:
    sent = request.query_params
    known = {parameter.name: parameter for parameter in intake.query}
    for name in sent:
        if name not in known or len(sent.getall(name)) > 1:
            words = Title(f"不认识或重复的参数 {name[:60]}", f"unknown or repeated parameter {name[:60]}")
            raise Faulty(Fault.MALFORMED, spots=[Spot(words, parameter=name[:60])])
        try:
            msgspec.convert(sent[name], known[name].type, strict=False)
        except msgspec.ValidationError as error:
            raise Faulty(Fault.MALFORMED, spots=[Spot(in_both(str(error)), parameter=name)]) from error


def _require_header(request: Asked, parameter: Parameter) -> None:
    value = request.headers.get(parameter.name.lower())
    if value is None:
        if parameter.is_required:
            raise Faulty(Fault.IDEMPOTENCY_KEY_MISSING)
        return
    try:
        msgspec.convert({"value": value}, parameter.as_field, strict=False)
    except msgspec.ValidationError as error:
        message = str(error).partition(" - at ")[0]
        raise Faulty(Fault.MALFORMED, spots=[Spot(in_both(message), header=parameter.name)]) from error


def _parameters(fields: Mapping[str, FieldDefinition], kind: type[ParameterKwarg]) -> tuple[Parameter, ...]:
    found = []
    for name, field in fields.items():
        marker = field.kwarg_definition
        if isinstance(marker, kind):
            bounds = {key: value for key in _CONSTRAINTS if (value := getattr(marker, key)) is not None}
            # What is sent is never null: `int | None` only says that it need not be sent.
            parts = () if get_origin(field.annotation) is Literal else get_args(field.annotation)
            wanted = next(part for part in (*parts, field.annotation) if part is not NoneType)
            annotation = Annotated[wanted, msgspec.Meta(**bounds)] if bounds else wanted
            as_field = msgspec.defstruct("Sent", [("value", annotation)])
            found.append(Parameter(marker.name or name, name, annotation, field.is_required, as_field))
    return tuple(found)
