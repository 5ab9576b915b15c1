"""JSON that every client can read, whatever stands in it."""

import json
import math

import numpy as np
import pytest

from server.plain import encode


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_what_is_not_finite_becomes_null(value):
    assert encode({"a": [value]}) == b'{"a":[null]}'


def test_numbers_beyond_64_bits_and_broken_characters_are_answered_too():
    odd = {"big": 2**70, "half": "\ud800", "nan": math.nan, "tuple": (1, None, True)}
    assert json.loads(encode(odd)) == {**odd, "nan": None, "tuple": [1, None, True]}
