"""What a password must be, and what a user name may be: long enough, and not what anybody would try first."""

from itertools import pairwise

LENGTH_MIN = 10
LENGTH_MAX = 128
_DIFFERENT_MIN = 5
_TRIED_FIRST = ("password", "qwerty", "letmein", "admin", "welcome", "iloveyou", "1q2w3e", "woaini", "zhongguo")
_KEPT_MIN = 6


def is_weak(password: str, user_name: str) -> bool:
    """Length is what counts; beyond it only what is tried first everywhere is refused."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX or len(set(password)) < _DIFFERENT_MIN:
        return True
    bare = password.lower()
    for word in (*_TRIED_FIRST, user_name.lower()):
        bare = bare.replace(word, "")
    return len(bare) < _KEPT_MIN or _is_run(bare)


def _is_run(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1
