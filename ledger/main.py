"""The program `points-ledger`: reads what the operator decided and hands it to the command line."""

import os
import sys
from pathlib import Path

import msgspec

from ledger import cli
from ledger.config import Config, ConfigProblem, read_config
from ledger.log import set_up_logging


def main() -> int:
    try:
        config = read_config(os.environ)
    except ConfigProblem as problem:
        return cli.refuse(english=problem.english, chinese=problem.chinese)
    set_up_logging(form=config.log_form, level=config.log_level)
    return cli.run(sys.argv[1:], config.place, serve=lambda cert, key: _serve(config, cert, key))


def _serve(config: Config, cert: Path | None, key: Path | None) -> int:
    # Late: the other commands need no web framework, and answer a second sooner without it.
    from ledger.serve import serve

    chosen = msgspec.structs.replace(config, tls_cert=cert or config.tls_cert, tls_key=key or config.tls_key)
    try:
        return serve(chosen)
    except ConfigProblem as problem:
        return cli.refuse(english=problem.english, chinese=problem.chinese)


if __name__ == "__main__":
    sys.exit(main())
