"""Run as a program by test_embedded: opens a data folder, says so, and waits to be killed or told to close."""

import json
import os
import sys
from pathlib import Path

from ledger.db.embedded import open_database


def main() -> None:
    folder, uid, settings = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    if uid:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    with open_database(folder, settings=settings) as database:
        print(json.dumps([database.server_pid, database.is_owned, database.admin_url]), flush=True)
        sys.stdin.readline()


main()
