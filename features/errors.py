"""The one exception a user may see: what failed, where, and what mends it."""


class KehuError(Exception):
    """Bad input or state that a person can mend; `exit_code` is what the command returns (cli contract)."""

    exit_code = 2

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = " ".join(message.split())
        self.fix = " ".join(fix.split())

    def line(self) -> str:
        """One line for stderr."""
        return f"{self.message} -> {self.fix}" if self.fix else self.message


class CheckFailed(KehuError):
    """A check failed; nothing was published or changed."""

    exit_code = 1


class WriterBusy(KehuError):
    """Another process writes the build database."""

    exit_code = 3
