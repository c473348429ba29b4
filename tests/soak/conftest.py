"""What the long tests counted is printed at their end: `record_property("what", "how much")` in a test."""

from itertools import chain

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = chain.from_iterable(terminalreporter.stats.values())
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            for what, figure in report.user_properties:
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {what}: {figure}")
