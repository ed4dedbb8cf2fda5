"""Why the embedded PostgreSQL could not be opened, in words for the person at the keyboard."""

import enum


class LaunchReason(enum.StrEnum):
    """Closed: callers read the word, people read the sentences."""

    ACCOUNT = "server_account"
    BINARIES = "server_binaries"
    ACCESS = "data_folder_access"
    VERSION = "data_folder_version"
    FOREIGN = "data_folder_foreign"
    MISSING = "data_folder_missing"
    BUSY = "data_folder_busy"
    START = "server_start"


class LaunchRefused(Exception):
    """Nothing was started and nothing in the data folder was changed beyond what a next start repairs."""

    def __init__(self, reason: LaunchReason, *, english: str, chinese: str) -> None:
        super().__init__(f"{reason}: {english}")
        self.reason = reason
        self.english = english
        self.chinese = chinese
