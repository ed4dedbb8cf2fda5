"""The program `points-ledger`: reads what the operator decided and hands it to the command line."""

import os
import sys

from ledger import cli
from ledger.config import Config, ConfigProblem, read_config
from ledger.log import set_up_logging


def main() -> int:
    try:
        config = read_config(os.environ)
    except ConfigProblem as problem:
        return cli.refuse(english=problem.english, chinese=problem.chinese)
    set_up_logging(form=config.log_form, level=config.log_level)
    return cli.run(sys.argv[1:], config.place, serve=lambda: _serve(config))


def _serve(config: Config) -> int:
    # Late: the other commands need no web framework, and answer a second sooner without it.
    from ledger.serve import serve

    return serve(config)


if __name__ == "__main__":
    sys.exit(main())
