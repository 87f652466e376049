"""How long a throttled call waits: as long as Azure asks, up to a minute; beyond that the user is told instead.

The SDK sends through urllib3, which would sleep for hours if it were told to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from urllib3.util.retry import Retry

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from mlops_cli.errors import MlopsError

LONGEST_SECONDS = 60


def limit() -> None:
    """Bound the waits of this process, once."""
    if getattr(Retry, "mlops_is_bounded", False):
        return
    wait: Any = Retry.sleep_for_retry

    def bounded(retry: Retry, response: BaseHTTPResponse) -> bool:
        seconds = retry.get_retry_after(response)
        if seconds and seconds > LONGEST_SECONDS:
            raise _too_long(response, seconds)
        return bool(wait(retry, response))

    setattr(Retry, "sleep_for_retry", bounded)  # noqa: B010 - a method of a class that is not ours
    setattr(Retry, "mlops_is_bounded", True)  # noqa: B010


def _too_long(response: BaseHTTPResponse, seconds: float) -> MlopsError:
    from mlops_cli.backends.azureml.errors import of_answer
    from mlops_cli.backends.azureml.failure import Failure, request_id

    message = f"it is to be asked again in {seconds:.0f} seconds"
    return of_answer(
        Failure(message, status=response.status, request_id=request_id(response.headers), retry_after=seconds)
    )
