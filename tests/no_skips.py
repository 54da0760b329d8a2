"""A pytest plugin: with ASSISTANT_TESTS_FORBID_SKIP=1, whatever would be skipped fails.

A machine that is meant to run everything must not look green because something was missing.
Expected failures (`xfail`) are no skips.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


def _forbidden() -> bool:
    return os.environ.get("ASSISTANT_TESTS_FORBID_SKIP") == "1"


def _reason(longrepr: object) -> str:
    return str(longrepr[-1]) if isinstance(longrepr, tuple) else str(longrepr)


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    if _forbidden() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipping is forbidden here. {_reason(report.longrepr)}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one."""
    report = yield
    _fail(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself into an error."""
    report = yield
    _fail(report)
    return report
