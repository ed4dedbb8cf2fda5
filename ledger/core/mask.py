"""Numbers as a screen that others see may show them: enough to know one's own, too little to use another's."""


def mask_number(number: str) -> str:
    """The last four characters; of short ones none."""
    return f"…{number[-4:]}" if len(number) > 6 else ""
