"""Files as people have them: encodings, dialects, types, and every way to be broken."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from mlops_cli.engine.data import reading
from mlops_cli.engine.data.reading import Parsed, parse, read, to_frame, to_rows
from mlops_cli.errors import DataError, NotFoundError

PEOPLE = "name,town,amount\nJürgen,Köln,1\nZoë,Orléans,2\n"


def rows_of(content: bytes | str, **options: str) -> list[dict[str, object]]:
    return to_rows(parsed(content, **options).table)


def parsed(content: bytes | str, **options: str) -> Parsed:
    return parse(content.encode() if isinstance(content, str) else content, "f.csv", **options)


def refused(content: bytes | str, **options: str) -> DataError:
    with pytest.raises(DataError) as caught:
        parsed(content, **options)
    return caught.value


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("latin-1", "cp1252"),
    ],
)
def test_the_encoding_is_found_out(encoding: str, found: str) -> None:
    result = parsed(PEOPLE.encode(encoding))
    assert result.encoding == found
    assert to_rows(result.table)[1] == {"name": "Zoë", "town": "Orléans", "amount": 2}


def test_a_late_foreign_letter_decides_the_encoding() -> None:
    content = b"a,b\n" + b"x,1\n" * 100_000 + "ü,2\n".encode("latin-1")
    result = parsed(content)
    assert result.encoding == "cp1252"
    assert result.table.column("a")[-1].as_py() == "ü"


def test_cyrillic_is_not_taken_for_western() -> None:
    text = "имя,город\nИван,Москва\nОльга,Казань\n"
    assert rows_of(text.encode("cp1251"))[0] == {"имя": "Иван", "город": "Москва"}


def test_a_wrong_encoding_names_the_line_and_the_byte() -> None:
    error = refused("a,b\nx,1\nMüller,2\n".encode("latin-1"), encoding="utf-8")
    assert error.message == "f.csv:3: not utf-8: byte 0xfc (invalid start byte)"
    assert "--encoding" in (error.hint or "")


def test_an_unknown_encoding_is_named() -> None:
    assert refused("a\n1\n", encoding="klingon").message == "there is no encoding 'klingon'"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    text = "a,b,c\n1,x y,2.5\n2,z,3.5\n".replace(",", delimiter)
    result = parsed(text)
    assert result.delimiter == delimiter
    assert to_rows(result.table)[0] == {"a": 1, "b": "x y", "c": 2.5}


def test_delimiters_within_quotes_do_not_count() -> None:
    text = 'a;b\n"1,2,3,4";"x;y"\n"5,6,7,8";"line\nbreak ""quoted"""\n'
    rows = rows_of(text)
    assert rows == [{"a": "1,2,3,4", "b": "x;y"}, {"a": "5,6,7,8", "b": 'line\nbreak "quoted"'}]


def test_single_quotes_are_found_out() -> None:
    assert rows_of("'a','b'\n'x, y','1'\n") == [{"a": "x, y", "b": 1}]


def test_a_decimal_comma_is_found_out() -> None:
    assert rows_of("a;b\n1,5;x\n-2,25;y\n") == [{"a": 1.5, "b": "x"}, {"a": -2.25, "b": "y"}]


def test_a_given_delimiter_wins() -> None:
    assert rows_of("a;b,c\n1;2,3\n", delimiter=",") == [{"a;b": "1;2", "c": 3}]


def test_one_column_is_a_table_too() -> None:
    assert rows_of("amount\n1\n2\n") == [{"amount": 1}, {"amount": 2}]


def test_types_and_missing_values() -> None:
    text = (
        "i,f,b,s,gap,mixed,huge,none,inf\n"
        "1,1.5,true,x,1,1,99999999999999999999,,inf\n"
        "2,2,false,NA,,abc,1,,1.0\n"
    )
    result = parsed(text)
    kinds = {name: str(result.table.schema.field(name).type) for name in result.table.column_names}
    assert kinds == {
        "i": "int64", "f": "double", "b": "bool", "s": "string", "gap": "int64", "mixed": "string",
        "huge": "double", "none": "string", "inf": "double",
    }  # fmt: skip
    first, second = to_rows(result.table)
    assert first["mixed"] == "1"
    assert first["huge"] == pytest.approx(1e20)
    assert first["inf"] is None
    assert second["s"] is None
    assert second["gap"] is None
    assert second["none"] is None


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1/31/2011", "2011-01-31T00:00:00"),
        ("1/31/2011 13:05", "2011-01-31T13:05:00"),
        ("2011-01-31", "2011-01-31T00:00:00"),
        ("2011-01-31 13:05:06", "2011-01-31T13:05:06"),
        ("2011-01-31T13:05:06Z", "2011-01-31T13:05:06"),
    ],
)
def test_dates_stay_text_in_rows_and_are_timestamps_for_training(text: str, iso: str) -> None:
    table = parsed(f"when,n\n{text},1\n{text},2\n").table
    assert to_rows(table)[0]["when"] == text
    assert to_frame(table)["when"].iloc[0].isoformat() == iso


def test_a_day_is_not_taken_for_a_month() -> None:
    table = parsed("when\n1/2/2011\n13/2/2011\n").table
    assert to_frame(table)["when"].tolist() == ["1/2/2011", "13/2/2011"]


def test_a_frame_for_training() -> None:
    frame = to_frame(parsed("i,f,b,s\n1,1.5,true,x\n,2,false,\n").table)
    assert [str(kind) for kind in frame.dtypes[:3]] == ["float64", "float64", "bool"]
    assert frame.isna().sum().tolist() == [1, 0, 0, 1]


def test_spaces_around_column_names_go() -> None:
    assert rows_of("a , b\n1,2\n") == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", "f.csv:3: 1 field, the header has 2"),
        ("a,b\n1,2\n\n3,4,5\n", "f.csv:4: 3 fields, the header has 2"),
        ('a,b\n"x\ny",2\n3,4,5\n', "f.csv:4: 3 fields, the header has 2"),
        ("a,b\n", "f.csv has a header but no rows"),
        ("a,b,a\n1,2,3\n", "f.csv:1: more than one column is called 'a'"),
        ("a,a \n1,2\n", "f.csv:1: more than one column is called 'a'"),
        ("a,,c\n1,2,3\n", "f.csv:1: column 2 has no name"),
        ("a,,\n1,2,3\n", "f.csv:1: columns 2, 3 have no name"),
        (b"a,b\n1,\0\n", "f.csv is a binary file, not a table"),
        (bytes(range(256)) * 8, "f.csv is a binary file, not a table"),
        (b"PAR1 cut short", "f.csv is a damaged Parquet file"),
    ],
)
def test_what_is_broken_is_named_with_its_line(text: str, message: str) -> None:
    assert refused(text).message.startswith(message)


def test_an_index_written_by_pandas_is_recognised() -> None:
    assert "index=False" in (refused(",a\n0,1\n").hint or "")


def test_the_ragged_line_is_shown() -> None:
    assert refused("a;b\n1;2\n3;4;5\n").details == ["3;4;5"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b" \n\n", "is empty"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_once(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    (tmp_path / "near.csv").write_text("a\n1\n")
    with pytest.raises(NotFoundError, match="no such file") as caught:
        read(tmp_path / "far.csv")
    assert "near.csv" in (caught.value.hint or "")
    with pytest.raises(DataError, match="is a directory"):
        read(tmp_path)


def test_two_thousand_columns() -> None:
    names = [f"c{number}" for number in range(2000)]
    lines = [",".join(str(row * column % 7) for column in range(2000)) for row in range(60)]
    table = parsed("\n".join([",".join(names), *lines])).table
    assert (table.num_rows, table.num_columns) == (60, 2000)
    assert table.column("c1999")[59].as_py() == 59 * 1999 % 7


def test_parquet_gives_plain_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "small": pa.array([1, None], pa.int8()),
            "half": pa.array([1.5, float("nan")], pa.float32()),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
            "day": pa.array([0, 1], pa.date32()),
            "when": pa.array([0, 1_000_000], pa.timestamp("us", "UTC")),
            "__index_level_0__": pa.array([0, 1]),
        }
    )
    path = tmp_path / "data.bin"
    parquet.write_table(table, path)
    result = read(path)
    assert (result.format, result.encoding, result.delimiter) == ("parquet", None, None)
    assert to_rows(result.table)[1] == {
        "small": None, "half": None, "kind": "y", "day": "1970-01-02", "when": "1970-01-01T00:00:01",
    }  # fmt: skip


def test_nested_parquet_is_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"ok": [1], "list": [[1, 2]]}), tmp_path / "data.parquet")
    with pytest.raises(DataError, match="column 'list' holds list"):
        read(tmp_path / "data.parquet")


def test_parquet_without_rows_is_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "data.parquet")
    with pytest.raises(DataError, match="columns but no rows"):
        read(tmp_path / "data.parquet")


@pytest.mark.real_data
def test_the_real_bank_file(bank_csv: Path) -> None:
    frame = reading.read_frame(bank_csv)
    assert frame.shape == (32950, 21)
    assert frame["y"].value_counts().to_dict() == {"no": 29258, "yes": 3692}
