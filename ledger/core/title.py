"""Words that people read: a title in both languages, and the slug by which files name a thing."""

from typing import Annotated

from msgspec import Meta, Struct

# No control characters, no line breaks, and none of the invisible marks that turn a line of text around.
INVISIBLE = "\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff"
READABLE = f"^[^\\x00-\\x1f\\x7f-\\x9f{INVISIBLE}]+$"

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=READABLE)]
Note = Annotated[str, Meta(min_length=1, max_length=1000, pattern=READABLE)]
Phone = Annotated[str, Meta(pattern=r"^\+?[0-9][0-9 -]{3,18}[0-9]$(?!\n)", description="digits, spaces and hyphens")]
Slug = Annotated[str, Meta(max_length=40, pattern="^[a-z0-9]+(-[a-z0-9]+)*$(?!\\n)", description="a-z 0-9 and -")]
FactRef = Annotated[
    str,
    Meta(
        max_length=60,
        pattern="^[a-z0-9]+([-._][a-z0-9]+)*$(?!\\n)",
        description="a fact, such as minutes or person.age",
    ),
]


class Title(Struct, frozen=True, forbid_unknown_fields=True):
    """Both languages, always: what is missing in one of them is refused at load."""

    zh: Text
    en: Text
