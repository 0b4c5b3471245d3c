"""Logs: one JSON line for each thing worth knowing, UTC, without private data."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError


def configure_logging(log_format: str = "json", stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's loggers to standard error, one line an event."""
    target = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    finish: list[structlog.typing.Processor] = [_drop_meta, structlog.processors.format_exc_info, renderer]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=finish))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # These print request lines, phone numbers in query strings or a traceback per malformed packet.
    for noisy in ("aiohttp.access", "twilio.async_http_client", "twilio.http_client", "engineio", "socketio"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    logging.getLogger("aiohttp.server").addFilter(_without_request_bytes)


def _without_request_bytes(record: logging.LogRecord) -> bool:
    """Say of a request that is no HTTP only that it came: the error quotes its bytes, which may be a cookie."""
    if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | RequestPayloadError):
        record.msg, record.args, record.exc_info = "malformed_request", (), None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _drop_meta(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event


def masked_phone(phone: str) -> str:
    """Return the number with everything but its last two digits hidden."""
    return "*" * max(0, len(phone) - 2) + phone[-2:]
