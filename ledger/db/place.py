"""Where the ledger lives: on a PostgreSQL of the user's, or in a data folder with a server of our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ledger.db.binaries import find_binaries
from ledger.db.cluster import cluster_folder, cluster_major
from ledger.db.embedded import open_database
from ledger.db.launch_refusal import LaunchReason, LaunchRefused


class Place(msgspec.Struct, frozen=True):
    """The data folder is named in both cases: it also keeps the service's own password."""

    database_url: str | None
    data_folder: Path
    seal_key: str | None = None
    pepper: str | None = None

    @property
    def seal_key_file(self) -> Path:
        """Used where no key is given."""
        return self.data_folder / "seal.key"

    @property
    def pepper_file(self) -> Path:
        """Used where no pepper is given; never in a backup of the database."""
        return self.data_folder / "pepper.key"

    @property
    def service_password_file(self) -> Path:
        return self.data_folder / "service.password"

    @property
    def sealer_password_file(self) -> Path:
        return self.data_folder / "sealer.password"


@contextmanager
def open_administrator_url(place: Place, *, is_old: bool = False) -> Iterator[str]:
    """The embedded server runs for as long as this is open, or longer where another process owns it.

    `is_old` is for looking at a ledger that must be there, with programs of the version that made it:
    a backup is the way out of an old one, and a mistyped folder must not become a new one.
    """
    if place.database_url is not None:
        yield place.database_url
        return
    major = cluster_major(cluster_folder(place.data_folder)) if is_old else None
    if is_old and major is None:
        raise LaunchRefused(
            LaunchReason.MISSING,
            english=f"There is no ledger in {place.data_folder}. Name its folder by LEDGER_DATA.",
            chinese=f"{place.data_folder} 中没有账本。请用 LEDGER_DATA 指明数据目录。",
        )
    with open_database(place.data_folder, binaries=find_binaries(major=major)) as database:
        yield database.admin_url
