"""How an embedded server fails, in words for the person who typed the command."""

from pathlib import Path


class EmbeddedServerError(Exception):
    """An embedded server could not start; the message is one sentence and the end of its log."""


class ServerFailed(EmbeddedServerError):
    """A server did not start, or ended by itself."""

    def __init__(self, label: str, what_happened: str, *, log: Path, log_end: str) -> None:
        super().__init__(f"{label} {what_happened}. The end of {log}:\n{log_end}")


class FolderInUse(EmbeddedServerError):
    """Another process runs servers in this folder."""

    def __init__(self, folder: Path, *, process: str) -> None:
        super().__init__(
            f"The embedded servers in {folder} are already in use by process {process}; stop it,"
            " or give this one a folder of its own."
        )


class FolderUnusable(EmbeddedServerError):
    """The system refused something that was asked of it for this folder."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(f"The embedded servers cannot use {folder}: {error}.")


class ProgramMissing(EmbeddedServerError):
    """A server's program is neither in its package nor on PATH."""

    def __init__(self, name: str, *, package: str, setting: str) -> None:
        super().__init__(
            f"No {name} was found, neither in the package {package} nor on PATH;"
            f" install it, or set {setting} to a server that runs elsewhere."
        )


class AccountMissing(EmbeddedServerError):
    """Root has no account to give to PostgreSQL."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL does not run as root, and this system has no account named nobody;"
            " run the command as an ordinary user."
        )


class PlaceTaken(EmbeddedServerError):
    """Somebody else made the folder outside the repository."""

    def __init__(self, place: Path) -> None:
        super().__init__(f"{place} belongs to another account; remove it and try again.")


class NoFreePort(EmbeddedServerError):
    """One port after another was taken before the server could use it."""

    def __init__(self, label: str) -> None:
        super().__init__(f"{label} found no free port on 127.0.0.1.")


class GuardianEnded(EmbeddedServerError):
    """The guardian ended without a word."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"The guardian of the embedded servers ended with exit code {exit_code}.")


class PortTaken(Exception):
    """Another program took the port between its choice and its use; another port will do."""
