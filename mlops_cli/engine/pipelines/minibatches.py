"""The data of a batch step cut into mini-batches: rows of a table, or files of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from mlops_cli.errors import WorkFailedError

TABLE = "table.arrow"


class Cut(Struct):
    """Where the items are: `table` is an Arrow file that every worker maps, `files` the paths of a folder."""

    kind: Literal["rows", "files"]
    items: int
    size: int
    table: str | None = None
    files: list[str] | None = None

    def ranges(self) -> list[tuple[int, int]]:
        """First item and the one behind the last of every mini-batch."""
        return [(start, min(start + self.size, self.items)) for start in range(0, self.items, self.size)]

    def name(self, item: int) -> str:
        """What a person would call the item: a row number counted from 1, or a file."""
        return str(item + 1) if self.files is None else self.files[item]


def cut(source: Path, size: int, folder: Path) -> Cut:
    """Cut a table or a folder into mini-batches of `size` items. Raises WorkFailedError for nothing to do."""
    if source.is_dir():
        files = [str(file) for file in sorted(source.rglob("*")) if file.is_file()]
        if not files:
            raise WorkFailedError(f"there are no files below {source}")
        return Cut("files", len(files), size, files=files)
    rows = _map_rows(source, folder / TABLE)
    if rows == 0:
        raise WorkFailedError(f"there are no rows in {source}")
    return Cut("rows", rows, size, table=str(folder / TABLE))


def load(cut: Cut, start: int, stop: int) -> Any:
    """The mini-batch as the entry script gets it: a DataFrame with the row numbers as index, or paths."""
    if cut.files is not None:
        return cut.files[start:stop]
    import pandas as pd
    import pyarrow as pa

    with pa.memory_map(str(cut.table)) as mapped:
        frame = pa.ipc.open_file(mapped).read_all().slice(start, stop - start).to_pandas()
    frame.index = pd.RangeIndex(start, stop)
    return frame


def _map_rows(source: Path, target: Path) -> int:
    """Read the table once, types and dates as everywhere else, and write it so that slices cost nothing."""
    import pyarrow as pa

    from mlops_cli.engine.data.reading import read_frame

    table = pa.Table.from_pandas(read_frame(source), preserve_index=False)
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=65_536)
    return int(table.num_rows)
