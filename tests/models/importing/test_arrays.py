"""NumPy and IDX files: shapes and types told from headers that must be true."""

import gzip
import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import DataError
from models.importing import digest, import_files, open_dataset, preview, recognise

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (30, 5, 4), np.uint8)
LABELS = (np.arange(30) % 3).astype(np.uint8)


def npy(array, **options) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def npz(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def idx(array) -> bytes:
    codes = {"u1": 8, "i1": 9, "i2": 0xB, "i4": 0xC, "f4": 0xD, "f8": 0xE}
    code = codes[array.dtype.str[1:]]
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, code, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def put(tmp_path):
    """Imports contents under these names, and gives the set."""

    def import_(files: dict[str, bytes], into="set", **options):
        paths = []
        for i, content in enumerate(files.values()):
            paths.append(tmp_path / f"upload-{i}")
            paths[-1].write_bytes(content)
        info = import_files(paths, list(files), options, tmp_path / into)
        data = open_dataset(tmp_path / into)
        assert data.info == info
        looked = preview(paths, list(files), options)
        json.dumps(looked, allow_nan=False)
        assert looked["info"]["shape"] == list(info.shape)
        return data

    return import_


def refused(put, files, match, **options):
    with pytest.raises(DataError, match=match) as caught:
        put(files, **options)
    return caught.value


# What goes in


@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("order", [1, -1])
def test_an_idx_pair_goes_in_whichever_comes_first(put, pack, order):
    files = {"images": pack(idx(IMAGES)), "labels": pack(idx(LABELS))}
    data = put(dict(list(files.items())[::order]))
    assert data.info.classes == ("0", "1", "2") and data.info.shape == (1, 5, 4)
    np.testing.assert_array_equal(data.inputs[:, 0], IMAGES)
    np.testing.assert_array_equal(data.targets, LABELS)


def test_idx_of_vectors_and_floats_goes_in(put):
    vectors = RANDOM.normal(size=(30, 3)).astype("f4")
    data = put({"x": idx(vectors), "y": idx(RANDOM.normal(size=30))})
    np.testing.assert_array_equal(data.inputs, vectors)
    assert data.info.task == "regression" and data.info.form == "table"


@pytest.mark.parametrize(
    ("x", "y"),
    [("x", "y"), ("X", "Y"), ("data", "target"), ("images", "labels"), ("arr_0", "arr_1"), ("odd", "names")],
)
def test_an_npz_goes_in_under_all_usual_names(put, x, y):
    data = put({"set.npz": npz(**{x: IMAGES, y: LABELS})})
    np.testing.assert_array_equal(data.inputs[:, 0], IMAGES)
    np.testing.assert_array_equal(data.targets, LABELS)


def test_the_parts_of_an_npz_are_joined(put):
    content = npz(x_train=IMAGES[:20], y_train=LABELS[:20], x_test=IMAGES[20:], y_test=LABELS[20:])
    np.testing.assert_array_equal(put({"mnist.npz": content}).inputs[:, 0], IMAGES)


def test_the_arrays_can_be_named(put):
    data = put({"set.npz": npz(a=IMAGES, b=LABELS, c=IMAGES[::-1])}, inputs="c", targets="b")
    np.testing.assert_array_equal(data.inputs[:, 0], IMAGES[::-1])


def test_a_pair_of_npy_files_goes_in(put):
    data = put({"X.npy": npy(IMAGES / 255), "Y.npy": npy(np.eye(3)[LABELS])})
    assert data.info.dtype == "float32" and data.info.form == "image" and data.info.classes == ("0", "1", "2")
    np.testing.assert_allclose(data.inputs[:, 0], IMAGES / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.targets, LABELS)


@pytest.mark.parametrize("dtype", ["u1", "i1", "<i2", ">i4", "u8", "f2", "<f4", ">f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_of_number_and_order_goes_in(put, dtype, order):
    values = np.asarray(RANDOM.integers(0, 2, (30, 3)), dtype=dtype, order=order)
    data = put({"set.npz": npz(x=values, y=LABELS)})
    np.testing.assert_array_equal(data.inputs, values.astype(np.float32))


def test_channels_are_brought_to_the_front(put):
    colour = RANDOM.integers(0, 256, (30, 6, 5, 3), np.uint8)
    last = put({"set.npz": npz(x=colour, y=LABELS)})
    first = put({"set.npz": npz(x=colour.transpose(0, 3, 1, 2), y=LABELS)}, into="other")
    np.testing.assert_array_equal(last.inputs, first.inputs)
    assert last.info.shape == (3, 6, 5)
    many = put({"set.npz": npz(x=np.zeros((30, 6, 5, 4), np.uint8), y=LABELS)}, into="more", channels="last")
    assert many.info.shape == (4, 6, 5)


def test_targets_are_classes_or_numbers_by_what_they_hold_or_as_told(put):
    x = RANDOM.normal(size=(30, 2))

    def info(y, **options):
        return put({"set.npz": npz(x=x, y=y)}, **options).info

    assert info(LABELS + 5).classes == ("5", "6", "7")
    assert info(LABELS.astype(float)).classes == ("0", "1", "2")
    assert info(RANDOM.normal(size=30)).targets == ("y",)
    assert info(RANDOM.normal(size=(30, 2))).targets == ("y1", "y2")
    assert info(LABELS, task="regression").task == "regression"
    assert info(LABELS[:, None]).task == "classification"
    assert info(x[:, 0]).form == "points"


def test_values_that_are_not_finite_are_missing_and_counted(put):
    x = RANDOM.normal(size=(30, 3))
    x[3, 1], x[4, 2], x[5, 0] = np.nan, np.inf, 1e300
    data = put({"set.npz": npz(x=x, y=LABELS)})
    assert np.isnan(data.inputs).sum() == 3 and "3 values are missing" in data.info.problems[0]


def test_the_same_arrays_give_the_same_hash(put, tmp_path):
    put({"a.npz": npz(x=IMAGES, y=LABELS)}, into="one")
    put({"x.npy": npy(IMAGES), "y.npy": npy(LABELS)}, into="two")
    put({"x": idx(IMAGES), "y": idx(LABELS)}, into="three")
    assert len({digest(tmp_path / name) for name in ("one", "two", "three")}) == 1


def test_mnists_ten_thousand_go_in(shared_data, tmp_path):
    names = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    paths = [shared_data / "mnist-10k" / name for name in names]
    info = import_files(paths, names, {}, tmp_path / "set")
    assert (info.rows, info.shape, info.classes) == (10_000, (1, 28, 28), tuple("0123456789"))
    data = open_dataset(tmp_path / "set")
    assert data.targets[:5].tolist() == [7, 2, 1, 0, 4]  # as everybody knows them


def test_a_preview_of_large_pictures_is_small(put, tmp_path):
    put({"set.npz": npz(x=RANDOM.integers(0, 256, (30, 300, 200), np.uint8), y=LABELS)})
    looked = preview([tmp_path / "upload-0"], ["set.npz"], {})
    assert looked["images"]["shape"] == [1, 60, 40] and len(looked["images"]["pixels"][0]) == 2400
    assert looked["balance"] == {"0": 10, "1": 10, "2": 10}


# What is refused


def test_objects_are_refused_and_never_unpickled(put, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    objects = np.array([Bomb(), None], dtype=object)
    for files in (
        {"x.npy": npy(objects, allow_pickle=True), "y.npy": npy(LABELS[:2])},
        {"set.npz": npz(x=objects, y=LABELS[:2])},
    ):
        error = refused(put, files, "holds Python objects")
        assert "numbers" in error.problem.hint
    refused(put, {"x.pkl": pickle.dumps(IMAGES)}, "pickle")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "array", [np.array(["a", "b"]), np.zeros(2, complex), np.zeros(2, "M8[s]"), np.zeros(2, "i4,f4")]
)
def test_what_is_no_number_is_refused(put, array):
    refused(put, {"set.npz": npz(x=IMAGES[:2], y=array)}, "y holds")


def test_a_header_that_says_more_or_less_than_follows_is_refused(put):
    whole = npy(IMAGES)
    for content in (
        whole[:-1],
        whole + b"x",
        whole.replace(b"(30, 5, 4)", b"(99, 5, 4)"),
        whole[:20],
        whole[:7],
    ):
        refused(put, {"x.npy": content, "y.npy": npy(LABELS)}, "bytes|no npy array")
    huge = npy(np.zeros((1, 1), np.uint8)).replace(b"(1, 1), }      ", b"(9999999, 99999999), }")
    refused(put, {"x.npy": huge, "y.npy": npy(LABELS)}, "bytes|no npy array")


def test_an_idx_file_that_says_more_or_less_than_follows_is_refused(put):
    whole, labels = idx(IMAGES), idx(LABELS)
    refused(put, {"x": whole[:-1], "y": labels}, "ends after 29 rows")
    refused(put, {"x": whole + b"x", "y": labels}, "goes on after")
    refused(put, {"x": whole[:6], "y": labels}, "ends within its header")
    refused(put, {"x": gzip.compress(whole)[:-20], "y": labels}, "cut off or damaged|ends after")
    huge = bytes([0, 0, 8, 3]) + np.array([30, 90_000, 90_000], ">u4").tobytes()
    refused(put, {"x": huge, "y": labels}, "2 GB are the most")


def test_rows_that_do_not_match_are_refused(put):
    refused(put, {"x": idx(IMAGES), "y": idx(LABELS[:-1])}, "x has 30 rows, y has 29")
    refused(put, {"set.npz": npz(x=IMAGES, y=LABELS[:-1])}, "x has 30 rows, y has 29")


def test_files_that_do_not_make_a_pair_are_refused(put):
    refused(put, {"x": idx(IMAGES)}, "two files")
    refused(put, {"x": idx(LABELS), "y": idx(LABELS)}, "must hold labels")
    refused(put, {"x": idx(IMAGES), "y": idx(IMAGES)}, "must hold labels")
    refused(put, {"x.npy": npy(IMAGES)}, "Which arrays")
    refused(put, {"set.npz": npz(a=IMAGES, b=IMAGES, c=LABELS)}, "Which arrays .* a, b, c")
    refused(put, {"set.npz": npz(a=IMAGES, b=LABELS)}, "There are a, b", inputs="z")
    refused(put, {"x": idx(IMAGES), "y.npy": npy(LABELS)}, "do not belong together")


def test_an_array_that_inflates_a_hundredfold_is_refused_with_the_way_round(put):
    error = refused(put, {"set.npz": npz(x=np.zeros((30, 90_000)), y=LABELS)}, "more than 100 : 1")
    assert "numpy.savez" in error.problem.hint


def test_nothing_and_too_many_dimensions_are_refused(put):
    refused(put, {"set.npz": npz(x=IMAGES[:0], y=LABELS[:0])}, "1 to 5000000 rows")
    refused(put, {"set.npz": npz(x=np.zeros((30, 2, 2, 2, 2)), y=LABELS)}, "4 dimensions")
    refused(put, {"set.npz": npz(x=np.zeros((30, 0)), y=LABELS)}, "shape|Which")
    refused(put, {"set.npz": npz(x=np.float32(3), y=LABELS)}, r"shape \[\]")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "single picture"),
        (b"PAR1xxxx", "Parquet"),
        (b"\x80\x04\x95.", "pickle"),
        (b"abc\0def", "not known here"),
        (gzip.compress(b"a,b\n1,2\n"), "not one of IDX"),
        (b"\x1f\x8bxx", "not one of IDX"),
        (b"PK\x03\x04xx", "damaged zip"),
    ],
)
def test_what_is_not_understood_is_named_with_what_to_do(put, content, words):
    assert refused(put, {"file": content}, words).problem.hint


def test_text_that_is_called_a_picture_is_no_table(tmp_path):
    (tmp_path / "upload").write_bytes(b"hello, I am no picture")
    with pytest.raises(DataError, match="holds none"):
        recognise([tmp_path / "upload"], ["photo.PNG"])


def test_formats_are_told_by_content_not_by_name(tmp_path):
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as file:
        file.writestr("[Content_Types].xml", "<x/>")
    contents = {"csv": b"a,b\n1,2\n", "idx": idx(LABELS), "arrays": npz(x=IMAGES, y=LABELS)}
    for format_, content in contents.items():
        (tmp_path / "data.xyz").write_bytes(content)
        assert recognise([tmp_path / "data.xyz"], ["data.zip"]) == format_
    (tmp_path / "data.xyz").write_bytes(book.getvalue())
    with pytest.raises(DataError, match="Excel"):
        recognise([tmp_path / "data.xyz"], ["data.csv"])


@given(
    content=st.binary(max_size=300),
    start=st.sampled_from([b"", b"\x93NUMPY\x01\x00", b"\0\0\x08\x01", b"PK\x03\x04"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bytes_come_they_are_imported_or_refused_in_words(tmp_path, content, start):
    path = tmp_path / "upload"
    path.write_bytes(start + content)
    for files in ([path], [path, path]):
        for format_ in (None, "csv", "idx", "arrays", "images"):
            try:
                import_files(
                    files, ["x"] * len(files), {"type": format_} if format_ else {}, tmp_path / "set"
                )
            except DataError:
                continue
