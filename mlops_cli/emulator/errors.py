"""Errors as Azure's services write them: one exception for handlers, one document per dialect."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from xml.sax.saxutils import escape

from mlops_cli.emulator.wire.messages import Response, json_response


class ApiError(Exception):
    """A refusal. The service that raises it decides how it is written (`Dialect`)."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def not_found(message: str, code: str = "UserError") -> ApiError:
    return ApiError(404, code, message)


def bad_request(message: str, code: str = "UserError") -> ApiError:
    return ApiError(400, code, message)


def conflict(message: str, code: str = "UserError") -> ApiError:
    return ApiError(409, code, message)


def not_implemented(method: str, url: str) -> ApiError:
    """404 and not 501: Azure's clients try 5xx again for minutes."""
    return ApiError(404, "NotImplementedByEmulator", f"The mlops emulator does not implement {method} {url}")


Dialect = Callable[[ApiError], Response]


def arm(error: ApiError) -> Response:
    """Azure Resource Manager: `{"error": {code, message}}`."""
    return json_response(
        {"error": {"code": error.code, "message": error.message}}, error.status, error.headers
    )


def aml(error: ApiError) -> Response:
    """Azure ML's data plane: the same with details, time and correlation."""
    operation = uuid.uuid4().hex
    document = {
        "error": {"code": error.code, "message": error.message, "details": []},
        "correlation": {"operation": operation, "request": operation[:16]},
        "environment": "emulator",
        "location": "loopback",
        "time": datetime.datetime.now(datetime.UTC).isoformat(),
    }
    return json_response(document, error.status, error.headers)


def model_management(error: ApiError) -> Response:
    """Models and services: a flat document; clients show `message` from its top level."""
    document = {
        "code": error.code,
        "statusCode": error.status,
        "message": error.message,
        "details": [],
        "correlation": {"RequestId": str(uuid.uuid4())},
    }
    return json_response(document, error.status, error.headers)


def blob(error: ApiError) -> Response:
    """Blob storage: XML, and the code in a header because answers to HEAD have no body."""
    message = f"{error.message}\nRequestId:{uuid.uuid4()}"
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    headers = {"x-ms-error-code": error.code, "Content-Type": "application/xml", **error.headers}
    return Response(error.status, text.encode(), headers)


def lake(error: ApiError) -> Response:
    """Data Lake storage: as Azure Resource Manager, and the code in a header as in blob storage."""
    answer = arm(error)
    answer.headers["x-ms-error-code"] = error.code
    return answer


AAD_NUMBERS = {"invalid_client": 7000215, "invalid_grant": 70008, "authorization_pending": 70016}


def aad(error: ApiError) -> Response:
    """Azure Active Directory: OAuth 2.0 (RFC 6749, 5.2) with Azure's error numbers."""
    number = AAD_NUMBERS.get(error.code, 900144)
    document = {
        "error": error.code,
        "error_description": f"AADSTS{number}: {error.message}",
        "error_codes": [number],
        "trace_id": str(uuid.uuid4()),
        "correlation_id": str(uuid.uuid4()),
    }
    return json_response(document, error.status, error.headers)
