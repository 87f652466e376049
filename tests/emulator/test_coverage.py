"""Every route is one that the SDK calls."""

PROGRAMS = (
    "auth", "workspaces", "data", "shares", "lakes", "compute", "models", "history", "scripts", "automl", "services",
    "hyperdrive", "pipelines", "pipeline_endpoints", "pipeline_schedules", "pipeline_automl", "pipeline_parallel",
    "pipeline_datasets", "pipeline_drafts", "pipeline_modules", "automl_tests",
    "pipeline_hyperdrive", "pipeline_transfer", "pipeline_choices", "pipeline_triggers", "rest",
)  # fmt: skip
OUR_OWN = ("control ",)
ON_PURPOSE = ("example.com", "www.test", "Microsoft.Unknown", "metadata/instance")
"""What other tests ask for though it does not exist."""


def test_every_route_is_called_by_the_unmodified_sdk(program, emulator):
    for name in PROGRAMS:
        program(name)
    calls = emulator.control("GET", "/emulator/calls")
    assert [route for route, count in calls.items() if not count and not route.startswith(OUR_OWN)] == []


def test_no_call_of_the_sdk_went_unanswered(program, emulator):
    for name in PROGRAMS:
        program(name)
    calls = emulator.control("GET", "/emulator/status")["calls_without_route"]
    assert [call for call in calls if not any(place in call for place in ON_PURPOSE)] == []
