"""What came of the mini-batches: kept one by one, and at the end put together in order."""

import csv
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.pipelines import FAILED_ITEMS, SUMMARY, BatchStep
from mlops_cli.engine.pipelines import minibatches
from mlops_cli.engine.pipelines.minibatches import Cut


class Done(Struct, omit_defaults=True):
    """A mini-batch that will not be tried again. `error` is the reason when all its tries failed."""

    start: int
    stop: int
    returned: int = 0
    tries: int = 1
    error: str | None = None
    missing: list[int] = field(default_factory=list)
    lines: str = ""

    def failed(self) -> int:
        """Items without a result, as Azure counts them."""
        return self.stop - self.start if self.error else max(0, self.stop - self.start - self.returned)

    def reason(self) -> str:
        return self.error or f"run() returned {self.returned} results for {self.stop - self.start} items"


def keep(folder: Path, index: int, done: Done) -> None:
    draft = folder / f".{index}"
    draft.write_bytes(msgspec.json.encode(done))
    draft.replace(folder / f"{index}.json")


def read(folder: Path) -> dict[int, Done]:
    """What an earlier attempt has done."""
    return {
        int(file.stem): msgspec.json.decode(file.read_bytes(), type=Done) for file in folder.glob("*.json")
    }


def collect(step: BatchStep, cut: Cut, done: dict[int, Done], target: Path) -> dict[str, Any]:
    """Write the results, the failed items with their reasons and the summary; returns the summary."""
    target.mkdir()
    ordered = [done[index] for index in sorted(done)]
    if step.output_action == "append_row":
        with (target / step.append_row_file_name).open("w", encoding="utf-8") as results:
            results.writelines(one.lines for one in ordered)
    summary = {
        "items": cut.items,
        "results": sum(one.returned for one in ordered),
        "failed": sum(one.failed() for one in ordered),
        "mini_batches": len(ordered),
        "retried": sum(one.tries > 1 for one in ordered),
    }
    if summary["failed"]:
        _write_failed(cut, [one for one in ordered if one.failed()], target / FAILED_ITEMS)
    (target / SUMMARY).write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2))
    return summary


def _write_failed(cut: Cut, failed: list[Done], target: Path) -> None:
    """One line an item: its row number or file, the reason, and for a row its values.

    Where run() returned too few results without saying for which rows, one line stands for the range.
    """
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        columns = list(minibatches.load(cut, 0, 1).columns) if cut.files is None else []
        writer.writerow(["item", "reason", *columns])
        for one in failed:
            items = one.missing or (list(range(one.start, one.stop)) if one.error else [])
            if not items:
                writer.writerow([f"{one.start + 1}-{one.stop}", one.reason()])
                continue
            rows = minibatches.load(cut, one.start, one.stop).astype(object) if columns else None
            for item in items:
                values = [] if rows is None else [_cell(value) for value in rows.loc[item]]
                writer.writerow([cut.name(item), one.reason(), *values])


def _cell(value: Any) -> Any:
    return "" if value is None or value != value else value
