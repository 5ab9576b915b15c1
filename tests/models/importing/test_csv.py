"""Tables as people have them: found out, counted, refused with row and column."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import DataError
from models.importing import digest, import_files, open_dataset, preview, survey


@pytest.fixture
def table(tmp_path):
    """Imports a text, and gives the set."""

    def import_(text: str | bytes, **options):
        path = tmp_path / "upload"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        info = import_files([path], ["data.csv"], options, tmp_path / "set")
        data = open_dataset(tmp_path / "set")
        assert data.info == info
        looked = preview([path], ["data.csv"], options)
        json.dumps(looked, allow_nan=False)
        assert looked["format"] == "csv" and looked["info"] == info.model_dump(mode="json")
        return data

    return import_


def refused(table, text, match, **options) -> DataError:
    with pytest.raises(DataError, match=match) as caught:
        table(text, **options)
    assert caught.value.problem.hint
    return caught.value


PEOPLE = """age,colour,height,label
30,red,1.7,yes
41,blue,,no
,red,1.6,yes
25,green,1.8,no
"""


def test_types_categories_missing_values_target_and_task_are_found(table):
    data = table(PEOPLE)
    assert data.info.task == "classification" and data.info.classes == ("no", "yes")
    assert [(f.name, f.kind, f.missing) for f in data.info.features] == [
        ("age", "number", 1),
        ("colour", "category", 0),
        ("height", "number", 1),
    ]
    assert data.info.features[1].categories == ("blue", "green", "red")
    nan = np.nan
    expected = np.array([[30, 2, 1.7], [41, 0, nan], [nan, 2, 1.6], [25, 1, 1.8]], np.float32)
    np.testing.assert_array_equal(data.inputs, expected)
    np.testing.assert_array_equal(data.targets, [1, 0, 1, 0])
    assert "Column 'height' has no value in 1 of 4 rows." in data.info.problems


def test_the_target_and_the_task_can_be_chosen(table):
    data = table(PEOPLE, target="height")
    assert data.info.task == "regression" and data.info.targets == ("height",) and data.info.rows == 3
    np.testing.assert_allclose(data.targets[:, 0], [1.7, 1.6, 1.8], rtol=1e-6)
    assert "1 rows are left out: they have no 'height'." in data.info.problems
    assert table(PEOPLE, target="age", task="classification").info.classes == ("25", "30", "41")
    assert [f.name for f in table(PEOPLE, leave_out=["age", "height"]).info.features] == ["colour"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_delimiter_newline_and_byte_order_mark_make_no_difference(table, delimiter, newline, bom):
    text = PEOPLE.replace(",", delimiter).replace("\n", newline)
    data = table(bom + text.encode())
    assert [f.name for f in data.info.features] == ["age", "colour", "height"]
    assert data.info.rows == 4


def test_a_decimal_comma_is_understood_where_commas_part_no_columns(table):
    data = table("x;y;price\n1,5;2;10,25\n,5;3;7\n2;4;8,5\n3;4;9,5\n", task="regression")
    np.testing.assert_array_equal(data.inputs, [[1.5, 2], [0.5, 3], [2, 4], [3, 4]])
    np.testing.assert_array_equal(data.targets[:, 0], [10.25, 7, 8.5, 9.5])
    assert data.info.form == "points"


def test_a_table_without_names_gets_numbers_for_names(table):
    data = table("1,2,0\n3,4,1\n5,6,0\n7,8,1\n")
    assert [f.name for f in data.info.features] == ["column 1", "column 2"]
    assert data.info.rows == 4 and data.info.classes == ("0", "1")
    assert table("a,b\nc,d\na,d\n").info.rows == 3  # text only, and a name that stands again below
    assert table("a,b\nc,d\na,d\n", header="yes").info.rows == 2


def test_quotes_keep_delimiters_and_line_ends_within_a_field(table):
    data = table('text,n,label\n"a, b",1,"x\ny"\n"c ""d""",2,z\n"a, b",3,z\n')
    assert data.info.classes == ("x\ny", "z")
    assert data.info.features[0].categories == ("a, b", 'c "d"')


def test_whole_numbers_are_classes_when_few_and_numbers_when_many(table):
    rows = "".join(f"{i % 7},{i % 3}\n" for i in range(60))
    assert table("x,grade\n" + rows).info.task == "classification"
    rows = "".join(f"{i % 7},{i}\n" for i in range(60))
    assert table("x,price\n" + rows).info.task == "regression"


def test_classes_that_are_numbers_stand_in_the_order_of_their_values(table):
    rows = "".join(f"{i},{i % 12}\n" for i in range(120))
    assert table("x,class\n" + rows).info.classes == tuple(str(i) for i in range(12))


def test_what_cannot_be_learnt_from_is_left_out_and_said(table):
    rows = "".join(f"{i},person {i},{i % 4},,{i % 2}\n" for i in range(60))
    data = table(",name,size,empty,label\n" + rows)
    assert [f.name for f in data.info.features] == ["size"]
    said = " ".join(data.info.problems)
    assert "'column 1' is left out: it holds row numbers" in said
    assert "'name' is left out: it holds text that differs" in said
    assert "'empty' is left out: it is empty" in said


def test_a_few_cells_of_text_in_a_column_of_numbers_count_as_missing_and_are_named(table):
    rows = "".join(f"{'oops' if i == 30 else i},{i % 2}\n" for i in range(100))
    data = table("size,label\n" + rows)
    assert data.info.features[0].kind == "number" and data.info.features[0].missing == 1
    assert np.isnan(data.inputs[30, 0])
    assert "1 cells are no numbers and count as missing, 'oops' in row 32" in " ".join(data.info.problems)


def test_an_infinite_or_huge_number_is_no_number(table):
    rows = "".join(f"{i},{i % 2}\n" for i in range(40))
    data = table("size,label\n" + rows + "inf,0\n1e99,1\n")
    assert np.isnan(data.inputs[-2:, 0]).all() and data.info.features[0].missing == 2


def test_two_columns_of_one_name_are_told_apart(table):
    data = table("x,x,label\n1,2,a\n3,4,b\n")
    assert [f.name for f in data.info.features] == ["x", "x (2)"]
    assert any("two columns 'x'" in said for said in data.info.problems)


def test_a_set_of_one_class_is_imported_and_said(table):
    data = table("x,label\n1,a\n2,a\n")
    assert data.info.classes == ("a",) and "needs two" in " ".join(data.info.problems)


def test_the_preview_shows_rows_columns_and_the_balance_of_classes(tmp_path):
    path = tmp_path / "upload"
    path.write_text(PEOPLE)
    looked = preview([path], ["people.csv"], {})
    assert looked["balance"] == {"no": 2, "yes": 2}
    assert looked["rows"][0] == ["30", "red", "1.7", "yes"]
    assert looked["options"]["target"] == "label" and looked["options"]["delimiter"] == ","
    assert looked["columns"][0]["low"] == 25 and looked["columns"][1]["different"] == 3


# Poison


@pytest.mark.parametrize(
    ("text", "words", "row", "column"),
    [
        ("a,b\n1,2\n3\n", "Row 3 of data.csv has 1 values; 2 are expected", 3, None),
        ("a,b\n1,2\n3,4\n5,6,7\n", "Row 4 .* has 3 values", 4, None),
        ("", "is empty", None, None),
        ("  \n\n", "is empty", None, None),
        ("a,b\n", "no rows", None, None),
        ("alone\n1\n2\n", "one column only", None, None),
        ("a,b\n1,\n2,\n", "Column 'b' cannot be foretold: it is empty", None, "b"),
    ],
)
def test_a_poisoned_table_is_refused_in_words(table, text, words, row, column):
    error = refused(table, text, words)
    if row:
        assert error.problem.where.row == row
    if column:
        assert error.problem.where.column == column


def test_a_quotation_mark_without_its_partner_is_remarked_upon(table):
    assert "without its partner" in " ".join(table('a,b\n1,2\n2,3\n3,"4\n5,6\n').info.problems)


def test_a_table_of_a_target_alone_is_refused(table):
    refused(table, "a,b\n1,2\n3,4\n", "no column .* can be learnt from", leave_out=["a"])


def test_a_ragged_row_far_down_is_named_with_its_number(table):
    rows = ["x,y,label"] + [f"{i},{i * 2},{'ab'[i % 2]}" for i in range(400_000)]
    rows[350_000] = "1,2"
    error = refused(table, "\n".join(rows), "Row 350001 ")
    assert error.problem.where.row == 350_001


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_is_refused_with_what_to_do(table, encoding):
    error = refused(table, "grösse,label\n1,a\n2,b\n".encode(encoding), "UTF-16|not UTF-8|not known")
    assert "UTF-8" in error.problem.hint or "CSV" in error.problem.hint


def test_too_many_columns_and_too_long_a_field_are_refused(table):
    refused(table, ",".join(f"c{i}" for i in range(2001)) + "\n", "2001 columns; 2000 are the most")
    error = refused(table, "a,b\n1,2\n" + "x" * 70_000 + ",3\n", "Row 3, column 'a': .* longer than 64 kB")
    assert error.problem.where.row == 3 and error.problem.where.column == "a"


def test_too_many_rows_are_refused(table, monkeypatch):
    monkeypatch.setattr(survey, "MOST_ROWS", 3)
    refused(table, PEOPLE, "more than 3 rows")


def test_two_thousand_columns_go_in(table):
    names = [f"c{i}" for i in range(2000)]
    rows = [",".join(str((i * j) % 7) for i in range(2000)) for j in range(20)]
    assert table("\n".join([",".join(names), *rows])).info.shape == (1999,)


def test_a_wrong_option_is_refused_at_its_place(table):
    assert refused(table, PEOPLE, "no column 'weight'", target="weight").problem.where.path == (
        "options",
        "target",
    )
    assert refused(table, PEOPLE, "option task", task="guess").problem.where.path[:2] == ("options", "task")
    refused(table, PEOPLE, "no import format", type="excel")
    refused(table, PEOPLE, "holds text", target="colour", task="regression")


@given(
    cells=st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6), min_size=3, max_size=3
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_table_holds_it_is_imported_or_refused_in_words(tmp_path, cells):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    path = tmp_path / "upload"
    path.write_bytes(text.getvalue().encode())
    try:
        info = import_files([path], ["x.csv"], {"type": "csv"}, tmp_path / "set")
    except DataError:
        return
    data = open_dataset(tmp_path / "set")
    assert data.inputs.shape == (info.rows, *info.shape)


def test_the_same_file_and_options_give_the_same_hash(tmp_path):
    path = tmp_path / "upload"
    path.write_text(PEOPLE)
    for place, options in (("a", {}), ("b", {}), ("c", {"target": "height"})):
        import_files([path], ["people.csv"], options, tmp_path / place)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_a_damaged_set_says_so(tmp_path):
    path = tmp_path / "upload"
    path.write_text(PEOPLE)
    import_files([path], ["people.csv"], {}, tmp_path / "set")
    whole = (tmp_path / "set" / "inputs.npy").read_bytes()
    for broken in (whole[:-4], whole[:50], b""):
        (tmp_path / "set" / "inputs.npy").write_bytes(broken)
        with pytest.raises(DataError, match="damaged"):
            open_dataset(tmp_path / "set")
