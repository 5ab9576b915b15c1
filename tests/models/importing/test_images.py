"""Zips of pictures: what goes in, what is reported, and what a hostile archive is answered."""

import io
import json
import stat
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from models.errors import DataError
from models.importing import archive, digest, import_files, open_dataset, preview
from models.importing.images import class_folders


def picture(colour=128, size=(8, 8), mode="L", format_="PNG", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, format_, **options)
    return out.getvalue()


@pytest.fixture
def packed(tmp_path):
    """Packs entries, imports them, and gives the set."""

    def import_(entries, compression=zipfile.ZIP_DEFLATED, into="set", **options):
        path = tmp_path / "upload"
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, content in entries.items() if isinstance(entries, dict) else entries:
                file.writestr(name, content)
        return imported(tmp_path, path, into, **options)

    return import_


def imported(tmp_path, path, into="set", **options):
    info = import_files([path], ["pictures.zip"], options, tmp_path / into)
    data = open_dataset(tmp_path / into)
    assert data.info == info and data.inputs.dtype == np.uint8
    looked = preview([path], ["pictures.zip"], options)
    json.dumps(looked, allow_nan=False)
    assert looked["format"] == "images" and looked["info"]["shape"] == list(info.shape)
    assert len(looked["images"]["pixels"][0]) == np.prod(info.shape)
    return data


def refused(packed, entries, match, **options):
    with pytest.raises(DataError, match=match) as caught:
        packed(entries, **options)
    assert caught.value.problem.hint
    return caught.value


GOOD = {"cats/a.png": picture(10), "cats/b.png": picture(20), "dogs/c.png": picture(30)}


def test_folders_are_classes_and_pictures_of_one_small_size_stay_as_they_are(packed):
    data = packed(GOOD)
    assert data.info.classes == ("cats", "dogs") and data.info.shape == (1, 8, 8)
    np.testing.assert_array_equal(data.inputs[:, 0, 0, 0], [10, 20, 30])
    np.testing.assert_array_equal(data.targets, [0, 0, 1])


def test_pictures_of_several_sizes_come_to_64_and_a_size_can_be_asked_for(packed):
    entries = {"a/1.png": picture(10, (100, 80)), "b/2.png": picture(20, (30, 30))}
    assert packed(entries).info.shape == (1, 64, 64)
    assert packed(entries, size=16, color="rgb").info.shape == (3, 16, 16)


def test_a_picture_that_is_not_square_is_stretched_or_cut_to_its_middle(packed):
    image = Image.new("L", (30, 10), 0)
    image.paste(255, (10, 0, 20, 10))
    out = io.BytesIO()
    image.save(out, "PNG")
    entries = {"a/1.png": out.getvalue(), "b/2.png": picture(0)}
    assert packed(entries, size=10, fit="crop").inputs[0].min() > 250
    assert packed(entries, size=10).inputs[0, 0, 0, 0] == 0


@pytest.mark.parametrize(
    ("format_", "mode", "colour"),
    [
        ("PNG", "RGB", (200, 0, 0)),
        ("JPEG", "RGB", (200, 0, 0)),
        ("BMP", "RGB", (200, 0, 0)),
        ("GIF", "P", 1),
        ("WEBP", "RGB", (200, 0, 0)),
        ("PNG", "RGBA", (200, 0, 0, 128)),
        ("PNG", "LA", (9, 9)),
        ("PNG", "1", 1),
        ("JPEG", "CMYK", (0, 9, 9, 9)),
    ],
)
def test_every_usual_format_and_mode_goes_in(packed, format_, mode, colour):
    entries = {f"a/1.{format_.lower()}": picture(colour, mode=mode, format_=format_), "b/2.png": picture()}
    for options in ({}, {"color": "rgb"}):
        data = packed(entries, **options)
        assert data.info.rows == 2 and not data.info.problems


def test_colour_keeps_its_channels_in_order(packed):
    data = packed({"a/1.png": picture((1, 2, 3), mode="RGB"), "b/2.png": picture()}, color="rgb")
    assert data.inputs[0, :, 0, 0].tolist() == [1, 2, 3]


def test_sixteen_bit_grey_is_divided_not_cut_off(packed):
    out = io.BytesIO()
    Image.fromarray(np.full((8, 8), 0x8000, np.uint16)).save(out, "PNG")
    assert packed({"a/1.png": out.getvalue(), "b/2.png": picture()}).inputs[0].max() == 128


def test_a_photograph_lying_on_its_side_is_put_upright(packed):
    image = Image.new("L", (8, 16), 0)
    image.paste(255, (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    pixels = packed({"a/1.jpg": out.getvalue(), "b/2.png": picture()}, size=8).inputs[0, 0]
    assert pixels[:, -1].min() > 200 and pixels[:, 0].max() < 50


def test_a_moving_picture_gives_its_first_frame(packed):
    out = io.BytesIO()
    frames = [Image.new("L", (8, 8), shade) for shade in (50, 200)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert packed({"a/1.gif": out.getvalue(), "b/2.png": picture()}).inputs[0, 0, 0, 0] == 50


def test_a_bad_picture_is_reported_by_name_and_the_rest_goes_in(packed):
    noise = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)).save(noise, "JPEG")
    whole = noise.getvalue()
    bomb = io.BytesIO()
    Image.new("1", (5000, 4000)).save(bomb, "PNG")
    data = packed(
        {
            **GOOD,
            "dogs/cut.jpg": whole[: len(whole) // 2],
            "dogs/text.png": b"not a picture",
            "dogs/huge.png": bomb.getvalue(),
            "dogs/drawing.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "dogs/tiff.png": picture(format_="TIFF"),
        }
    )
    assert data.info.rows == 3
    said = " ".join(data.info.problems)
    for words in ("'dogs/cut.jpg' is left out: its pixels", "'dogs/text.png' is left out: it is no PNG"):
        assert words in said
    assert "'dogs/huge.png' is left out: it has more than 16 million pixels" in said
    assert "'dogs/drawing.png'" in said and "'dogs/tiff.png'" in said


def test_hidden_files_and_readmes_are_passed_over_in_silence_and_others_are_counted(packed):
    litter = {
        "__MACOSX/cats/._a.png": b"x",
        "cats/.DS_Store": b"x",
        "cats/Thumbs.db": b"x",
        "README.md": b"x",
    }
    assert packed({**GOOD, **litter}).info.problems == ()
    data = packed({**GOOD, "labels.csv": b"x", "loose.png": picture()})
    assert "1 other files were passed over, 'labels.csv'" in " ".join(data.info.problems)
    assert "1 pictures lie in no class folder" in " ".join(data.info.problems)


def test_class_folders_are_found_below_common_ones():
    assert class_folders(["Dataset/0/a.png", "Dataset/1/b.png"]) == ["0", "1"]
    assert class_folders(["x/y/0/a.png", "x/y/1/b.png", "x/loose.png"]) == ["0", "1", ""]
    assert class_folders(["d/train/0/a.png", "d/test/0/b.png", "d/test/1/c.png"]) == ["0", "0", "1"]
    assert class_folders(["cats/tabby/a.png", "dogs/b.png"]) == ["cats", "dogs"]
    assert class_folders(["only/a.png", "only/b.png"]) == ["only", "only"]
    assert class_folders(["a.png"]) == [""]


def test_classes_that_are_numbers_stand_in_the_order_of_their_values(packed):
    assert packed({f"{i}/a.png": picture(i) for i in range(12)}).info.classes == tuple(map(str, range(12)))


def test_the_order_of_packing_makes_no_difference_to_the_hash(packed, tmp_path):
    packed(GOOD, into="one")
    packed(dict(reversed(GOOD.items())), into="two", compression=zipfile.ZIP_STORED)
    packed(GOOD, into="three", color="rgb")
    one, two, three = (digest(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two != three


def test_a_preview_shows_some_of_each_class_and_counts_all(packed, tmp_path):
    entries = {f"{name}/{i}.png": picture(i) for name in "abc" for i in range(30)}
    packed(entries)
    looked = preview([tmp_path / "upload"], ["x.zip"], {})
    assert looked["balance"] == {"a": 30, "b": 30, "c": 30}
    assert (
        sorted(set(looked["images"]["classes"])) == ["a", "b", "c"] and len(looked["images"]["pixels"]) <= 20
    )


def test_a_preview_of_large_pictures_is_small(packed, tmp_path):
    packed({"a/1.png": picture(size=(300, 200)), "b/2.png": picture()})
    looked = preview([tmp_path / "upload"], ["x.zip"], {"size": 256, "color": "rgb"})
    assert looked["info"]["shape"] == [3, 256, 256] and looked["images"]["shape"] == [3, 64, 64]


# Hostile archives


@pytest.mark.parametrize(
    "name", ["../evil.png", "cats/../../evil.png", "/etc/evil.png", "C:/evil.png", "cats\\..\\..\\evil.png"]
)
def test_a_name_that_leads_out_is_refused(packed, name):
    error = refused(packed, {**GOOD, name: picture()}, "leads out of the archive")
    assert error.problem.key == "error.import.zip_refused"


def test_a_link_is_refused(packed):
    link = zipfile.ZipInfo("cats/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(packed, [*GOOD.items(), (link, "/etc/passwd")], "is a link")


def test_an_archive_within_is_refused(packed):
    for name in ("cats/more.zip", "cats/more.tar.gz", "cats/MORE.7Z"):
        refused(packed, {**GOOD, name: b"x"}, "an archive within")


def test_an_encrypted_entry_is_refused(packed, tmp_path):
    packed(GOOD)
    path = tmp_path / "upload"
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is encrypted"):
        imported(tmp_path, path)


def test_what_inflates_a_hundredfold_is_refused(packed):
    refused(packed, {**GOOD, "cats/bomb.png": b"\0" * 2_000_000}, "more than 100 : 1")


def test_too_many_entries_and_too_much_content_are_refused(packed, monkeypatch):
    monkeypatch.setattr(archive, "MOST_ENTRIES", 2)
    refused(packed, GOOD, "3 entries; 2 are the most")
    monkeypatch.setattr(archive, "MOST_ENTRIES", 50_000)
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    refused(packed, GOOD, "more than 0 GB")


def test_a_list_of_entries_that_is_a_bomb_is_refused_unread(packed, monkeypatch):
    monkeypatch.setattr(archive, "MOST_DIRECTORY", 50)
    refused(packed, GOOD, "more than 50000 entries")


def test_an_archive_that_lies_about_a_size_loses_that_entry_only(packed, tmp_path):
    packed(GOOD)
    path = tmp_path / "upload"
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    size = struct.unpack_from("<I", content, at + 24)[0]
    struct.pack_into("<I", content, at + 24, size - 10)
    path.write_bytes(content)
    data = imported(tmp_path, path)
    assert data.info.rows == 2 and "'cats/a.png' is left out: it is damaged" in " ".join(data.info.problems)


def test_a_damaged_archive_is_refused(packed, tmp_path):
    packed(GOOD)
    path = tmp_path / "upload"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="damaged"):
        imported(tmp_path, path)


@pytest.mark.parametrize("position", range(0, 400, 23))
def test_a_flipped_byte_never_escapes_as_another_error(packed, tmp_path, position):
    packed(GOOD)
    path = tmp_path / "upload"
    content = bytearray(path.read_bytes())
    content[-(position + 1) % len(content)] ^= 0xFF
    path.write_bytes(content)
    try:
        import_files([path], ["x.zip"], {"type": "images"}, tmp_path / "again")
    except DataError:
        return
    assert open_dataset(tmp_path / "again").info.rows >= 1


def test_nothing_to_import_is_refused(packed):
    refused(packed, {"README.md": b"x"}, "no pictures in class folders")
    refused(packed, {"a.png": picture()}, "no pictures in class folders")
    refused(packed, {"a/x.png": b"x", "b/y.png": b"y"}, "No picture could be read")


def test_one_class_is_imported_and_said(packed):
    assert "one class only" in " ".join(packed({"a/1.png": picture()}).info.problems)


def test_the_sign_language_digits_go_in(shared_data, tmp_path):
    info = import_files([shared_data / "sign-language-digits.zip"], ["sign.zip"], {}, tmp_path / "set")
    data = open_dataset(tmp_path / "set")
    assert info.classes == tuple("0123456789") and info.shape == (1, 64, 64) and info.problems == ()
    assert info.rows == len(data.inputs) == 2062
    assert np.bincount(data.targets).min() > 200
    assert zlib.crc32(data.inputs[0].tobytes()) != zlib.crc32(data.inputs[1].tobytes())
