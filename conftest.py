"""Any pytest that is started here has the testbed's fixtures: pytest scenarios -k coa."""

pytest_plugins = ["harness.bed.plugin"]
