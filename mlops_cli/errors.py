"""Every failure a user may see. One tree; each error knows its code, its hint and its exit code."""

from typing import ClassVar

from mlops_cli.status import ExitCode


class MlopsError(Exception):
    """An error worth showing without a traceback.

    `message` says what is wrong and where, `hint` says what to do next (a command where there is one),
    `details` are further lines, shown as they are (log lines, the user's own frame).
    """

    code: ClassVar[str] = "Error"
    exit_code: ClassVar[ExitCode] = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str | None = None, details: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details or []


class UsageError(MlopsError):
    """The command line or an input file is wrong."""

    code = "UsageError"
    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """The profile is wrong; the message carries file:line:column and the key path."""

    code = "ConfigError"


class DataError(UsageError):
    """A data file cannot be used as it is."""

    code = "DataError"


class MissingExtraError(UsageError):
    """A feature needs packages that are not installed; the hint names the extra."""

    code = "MissingExtra"


class NotFoundError(MlopsError):
    """The named thing does not exist."""

    code = "NotFound"
    exit_code = ExitCode.NOT_FOUND


class WorkFailedError(MlopsError):
    """The training, deployment, scoring or pipeline itself failed."""

    code = "WorkFailed"
    exit_code = ExitCode.WORK_FAILED


class SignInError(MlopsError):
    """Not signed in, or not allowed."""

    code = "SignIn"
    exit_code = ExitCode.SIGN_IN


class TimeoutExceededError(MlopsError):
    """The time given for waiting is over."""

    code = "Timeout"
    exit_code = ExitCode.TIMEOUT


class GateMissedError(MlopsError):
    """A quality or performance gate was missed."""

    code = "GateMissed"
    exit_code = ExitCode.GATE_MISSED


class StateError(MlopsError):
    """The state directory cannot be read or written (read-only, full, locked, written by a newer mlops)."""

    code = "State"


class InterruptedByUserError(MlopsError):
    """Ctrl-C; the hint says how to pick the work up again."""

    code = "Interrupted"
    exit_code = ExitCode.INTERRUPTED
