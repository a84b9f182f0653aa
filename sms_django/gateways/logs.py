"""Logs: one JSON object a line on stderr, with secrets blanked."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET = re.compile(r"password|secret|token|authorization|cookie|api_?key", re.IGNORECASE)


def blank_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Show that a secret was there, never what it was."""
    return {name: "***" if SECRET.search(name) else value for name, value in event.items()}


def logging_for(*, level: str) -> dict[str, Any]:
    """The logging configuration; structlog and the standard library end in the same lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        blank_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django's own handlers would print the same a second time, or mail it.
        "loggers": {"django": {"handlers": [], "level": level, "propagate": True}},
    }
