"""What compiling a model came to."""

from textwrap import shorten
from typing import Literal

from msgspec import Struct

_LINE = 55


class Outcome(Struct, omit_defaults=True):
    """`reason` says why the engine is not "onnx"; on `rows` rows it agreed with the model, to `difference`."""

    engine: Literal["onnx", "reference"]
    reason: str | None = None
    rows: int = 0
    difference: float = 0.0

    def told(self) -> str:
        """In words, for a line of a terminal."""
        if self.engine == "reference":
            return shorten(f"not compiled: {self.reason}", _LINE, placeholder=" ...")
        return f"compiled; {self.rows:,} rows agree to {max(self.difference, 1e-16):.0e}"
