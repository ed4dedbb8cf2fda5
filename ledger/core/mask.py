"""Numbers as a screen that others see may show them: enough to know one's own, too little to use another's."""


def mask_number(number: str) -> str:
    """The last four characters; of short ones none."""
    return f"…{number[-4:]}" if len(number) > 6 else ""


def mask_name(name: str | None) -> str:
    """For a list on a wall, where neighbours must find whom to object to: 张三 is 张*, 张小三 张*三, 欧阳小红 欧**红.

    Of a name in letters each part keeps its first. Who has no name there is a star.
    """
    told = (name or "").strip()
    if not told:
        return "*"
    if told[0].isascii():
        return " ".join(part[0] + "*" * min(max(len(part) - 1, 1), 3) for part in told.split()[:6])
    if len(told) <= 2:
        return told[0] + "*"
    return told[0] + "*" * min(len(told) - 2, 6) + told[-1]
