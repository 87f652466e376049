"""The two lists of outcomes: exit codes of the process and states of a run."""

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the process returns; the outcome of the thing asked for."""

    OK = 0
    ERROR = 1
    USAGE = 2
    CHANGED = 3
    NOT_FOUND = 4
    WORK_FAILED = 5
    SIGN_IN = 6
    TIMEOUT = 7
    GATE_MISSED = 8
    INTERRUPTED = 130


EXIT_CODE_MEANING = {
    ExitCode.OK: "done as asked",
    ExitCode.ERROR: "an error of this machine or of mlops itself",
    ExitCode.USAGE: "the command line, the profile or the input is wrong",
    ExitCode.CHANGED: "something changed (only with --exit-code)",
    ExitCode.NOT_FOUND: "the named thing does not exist",
    ExitCode.WORK_FAILED: "the training, deployment, scoring or pipeline failed",
    ExitCode.SIGN_IN: "not signed in, or not allowed",
    ExitCode.TIMEOUT: "the time given with --timeout is over; the work goes on",
    ExitCode.GATE_MISSED: "a gate was missed",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C; the work goes on or can be resumed",
}


class RunStatus(StrEnum):
    """Azure ML's names for the states of a run; NotResponding is one whose process is gone and can be resumed."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    CANCEL_REQUESTED = "CancelRequested"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"
    NOT_RESPONDING = "NotResponding"

    @property
    def is_final(self) -> bool:
        return self in (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELED)


class EndpointState(StrEnum):
    """Azure ML's names for the states of a web service, and Stopped for one whose processes are gone."""

    TRANSITIONING = "Transitioning"
    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"
    FAILED = "Failed"
    STOPPED = "Stopped"
