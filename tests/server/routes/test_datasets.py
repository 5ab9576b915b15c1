"""Bring data: name, send, look, import, learn."""

import io
import zipfile
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from server.routes.datasets import DatasetAnswer, DatasetsAnswer
from tests.running import spiral
from tests.server.routes.conftest import refused

RAW = {"Content-Type": "application/octet-stream"}
FLOWERS = b"size,colour,kind\n" + b"".join(
    b"%d,%s,%s\n" % (n, b"red" if n % 3 else b"blue", b"big" if n > 30 else b"small") for n in range(60)
)


@pytest.fixture
def dataset(api, request):
    """An empty data set, forgotten at the end."""
    response = api.post("/api/datasets", json={"name": request.node.name[:100]})
    assert response.status_code == 201, response.text
    yield f"/api/datasets/{response.json()['id']}"
    api.delete(response.headers["location"])


def send(api, dataset: str, name: str, content: bytes):
    return api.put(f"{dataset}/content?name={quote(name)}", content=content, headers=RAW)


def test_a_table_is_sent_looked_at_imported_and_learned_from(api, dataset):
    files = send(api, dataset, "flowers.csv", FLOWERS).json()["files"]
    assert [(file["name"], file["size"]) for file in files] == [("flowers.csv", len(FLOWERS))]
    assert api.get(f"{dataset}/preview").status_code == 200
    assert api.post(f"{dataset}/preview", json={"options": {"target": "kind"}}).status_code == 200
    imported = api.post(f"{dataset}/import", json={"options": {"target": "kind"}}).json()
    DatasetAnswer.model_validate(imported)
    assert (imported["state"], imported["info"]["rows"]) == ("ready", 60)
    assert set(imported["info"]["classes"]) == {"big", "small"}

    listed = api.get("/api/datasets").json()
    DatasetsAnswer.model_validate(listed)
    assert imported["name"] in [item["name"] for item in listed["items"]]

    document = spiral(3, data={"type": "dataset", "name": imported["name"]}, preprocess=[{"type": "one_hot"}])
    checked = api.post("/api/check", json=document).json()
    if checked["errors"]:
        document["preprocess"] = []
        checked = api.post("/api/check", json=document).json()
    assert checked["errors"] == [], checked["errors"]
    response = api.post("/api/runs", json=document)
    assert response.json()["document"]["data"]["sha256"] == imported["sha256"]
    assert api.until(response.json()["id"])["state"] == "completed"
    rows = {"inputs": [{"size": 50, "colour": "red"}]}
    answer = api.post(f"/api/runs/{response.json()['id']}/predict", json=rows)
    assert answer.json()["classes"][0] in ("big", "small")
    api.delete(f"/api/runs/{response.json()['id']}")


def test_a_name_is_given_once(api, dataset):
    name = api.get(dataset).json()["name"]
    assert refused(api.post("/api/datasets", json={"name": name}), 409)["error"] == "ConflictError"


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "a\x00b", "a\nb", 7, None])
def test_a_name_that_is_none_is_refused(api, name):
    refused(api.post("/api/datasets", json={"name": name}), 422)


def test_a_hostile_file_name_is_only_shown(api, dataset, server):
    files = send(api, dataset, "../../../../evil.csv", FLOWERS).json()["files"]
    assert files[0]["name"] == "../../../../evil.csv"
    assert not list(server.home.parent.rglob("evil.csv"))


def archive(**entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return content.getvalue()


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("L", (8, 8), 128).save(content, "PNG")
    return content.getvalue()


def npy(array: np.ndarray, **options) -> bytes:
    content = io.BytesIO()
    np.save(content, array, **options)
    return content.getvalue()


BAD_FILES = {
    "nothing": ("empty.csv", b""),
    "a ragged row": ("ragged.csv", b"a,b,kind\n1,2,x\n3,4\n5,6,y\n"),
    "a header alone": ("head.csv", b"a,b\n"),
    "a zip that climbs out": ("climb.zip", archive(**{"../../evil/a.png": picture(), "b/b.png": picture()})),
    "an image that is none": ("none.zip", archive(**{"a/a.png": b"not a picture", "b/b.png": b"neither"})),
    "a zip that is none": ("broken.zip", b"PK\x03\x04 and then nothing"),
    "objects": ("objects.npy", npy(np.array([{"a": 1}], dtype=object), allow_pickle=True)),
    "an npy with a lying header": ("short.npy", npy(np.zeros((4, 4), np.float32))[:-8]),
    "bytes": ("noise.bin", bytes(range(256)) * 20),
    "a page": ("page.html", b"<html><script>alert(1)</script></html>"),
}


@pytest.mark.parametrize(("name", "content"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_used_is_refused_in_words(api, dataset, server, name, content):
    send(api, dataset, name, content)
    problem = refused(api.post(f"{dataset}/import", json={}), 409, 422)
    assert problem["hint"]
    assert api.get(dataset).json()["state"] == "empty"
    assert not list(server.home.parent.rglob("evil*"))


def test_a_ragged_row_is_named(api, dataset):
    send(api, dataset, *BAD_FILES["a ragged row"])
    assert refused(api.post(f"{dataset}/import", json={}), 422)["where"]["row"] is not None


@pytest.mark.parametrize(
    "options", [{"surprise": 1}, {"target": "nobody"}, {"type": "pickle"}, {"target": [1]}]
)
def test_options_that_do_not_fit_are_refused(api, dataset, options):
    send(api, dataset, "flowers.csv", FLOWERS)
    refused(api.post(f"{dataset}/import", json={"options": options}), 422)


def test_one_class_is_nothing_to_learn(api, dataset):
    send(api, dataset, "one.csv", b"a,kind\n" + b"1,x\n" * 20)
    response = api.post(f"{dataset}/import", json={"options": {"target": "kind", "task": "classification"}})
    if response.status_code == 200:
        document = spiral(2, data={"type": "dataset", "name": response.json()["name"]})
        response = api.post("/api/runs", json=document)
    assert refused(response, 422)["where"]["path"][:1] in (["data"], [])


def test_nothing_sent_is_nothing_to_import(api, dataset):
    refused(api.post(f"{dataset}/import", json={}), 409)
    refused(api.get(f"{dataset}/preview"), 409)


def test_a_data_set_that_is_not_imported_yet_cannot_be_learned_from(api, dataset):
    name = api.get(dataset).json()["name"]
    problem = refused(api.post("/api/runs", json=spiral(2, data={"type": "dataset", "name": name})), 422)
    assert problem["where"]["path"][:1] == ["data"]
