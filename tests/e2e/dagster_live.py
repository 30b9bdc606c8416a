"""Talks to a running `kehu dagster` as its web page does, and knows which processes belong to a home."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "orchestration.definitions"}
SCHEDULES = """query($at: RepositorySelector!) { schedulesOrError(repositorySelector: $at) { ... on Schedules {
    results { name cronSchedule executionTimezone scheduleState { status } } } } }"""
RUNS = "{ runsOrError { ... on Runs { results { runId status startTime endTime tags { key value } } } } }"
LAUNCH = """mutation($run: ExecutionParams!) { launchRun(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


def ask(port: int, query: str, **variables: object) -> Any:
    """The data of one GraphQL answer."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.loads(answer.read())["data"]


def schedules(port: int) -> list[dict[str, Any]]:
    try:
        return ask(port, SCHEDULES, at=REPOSITORY)["schedulesOrError"].get("results", [])
    except OSError:
        return []  # the server is not up yet


def runs(port: int) -> dict[str, dict[str, Any]]:
    """Runs by business date."""
    found = ask(port, RUNS)["runsOrError"]["results"]
    return {next(t["value"] for t in run["tags"] if t["key"] == "dagster/partition"): run for run in found}


def launch(port: int, day: object) -> None:
    """Starts the nightly job for a date, as a person does on the page."""
    done = ask(port, LAUNCH, run={
        "selector": {"pipelineName": "nightly", **REPOSITORY}, "runConfigData": {}, "mode": "default",
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": str(day)}]}})["launchRun"]
    assert done["__typename"] == "LaunchRunSuccess", done


def until(what: str, seconds: int, found: Callable[[], Any]) -> Any:
    """Waits for a true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} s: {what}")


def processes_of(home: Path) -> list[int]:
    """Living processes that were started for a home, whoever their parent is now."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            names = f"KEHU_HOME={home}".encode() in (folder / "environ").read_bytes().split(b"\0")
            is_dead = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            continue  # it ended while we looked, or is another user's
        if names and not is_dead:
            found.append(int(folder.name))
    return found
