"""The type by which a route says that it answers a page for people and no JSON."""


class Html(bytes):
    """An encoded page: described as `text/html`, and its refusals are pages too when the caller reads HTML."""

    __slots__ = ()
