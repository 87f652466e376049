"""Percentiles, histograms, the bootstrap, and HdrHistogram's encoding."""

import base64
import math
import random
import statistics as reference
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_cli.bench import hdr
from mlops_cli.bench.statistics import (
    bootstrap,
    bucket,
    bucket_middle,
    bucket_start,
    histogram,
    histogram_mean,
    histogram_percentile,
    mean_and_deviation,
    percentile,
)

VALUES = st.lists(st.floats(1e-6, 100), min_size=2, max_size=300)


@given(VALUES)
def test_percentiles_are_those_of_the_standard_library(values: list[float]) -> None:
    ordered = sorted(values)
    expected = reference.quantiles(ordered, n=100, method="inclusive")
    assert [percentile(ordered, p) for p in range(1, 100)] == pytest.approx(expected)
    assert (percentile(ordered, 0), percentile(ordered, 100)) == (ordered[0], ordered[-1])


@given(VALUES)
def test_mean_and_deviation(values: list[float]) -> None:
    mean, deviation = mean_and_deviation(values)
    assert mean == pytest.approx(reference.fmean(values))
    assert deviation == pytest.approx(reference.stdev(values), rel=1e-4, abs=1e-5)


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 50))
    assert math.isnan(histogram_percentile({}, 50))
    assert mean_and_deviation([7.0]) == (7.0, 0.0)


@given(st.floats(1e-9, 1e5))
def test_a_value_lies_in_its_bucket_and_near_its_middle(value: float) -> None:
    number = bucket(value)
    assert bucket_start(number) <= value < bucket_start(number + 1)
    assert bucket_middle(number) == pytest.approx(value, rel=0.004)


def test_a_histogram_has_the_percentiles_and_mean_of_its_values() -> None:
    dice = random.Random(1)
    values = sorted(dice.lognormvariate(-5, 1) for _ in range(20_000))
    counts = histogram(values)
    for p in (1, 50, 95, 99, 99.9):
        assert histogram_percentile(counts, p) == pytest.approx(percentile(values, p), rel=0.01)
    assert histogram_mean(counts) == pytest.approx(reference.fmean(values), rel=0.005)


def difference_of_means(left: list[float], right: list[float]) -> list[float]:
    return [reference.fmean(right) - reference.fmean(left)]


def test_the_bootstrap_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    dice = random.Random(3)
    held = 0
    for _ in range(60):
        left = [dice.gauss(10, 2) for _ in range(40)]
        right = [dice.gauss(11, 2) for _ in range(40)]
        ((low, high),) = bootstrap(left, right, difference_of_means)
        held += low <= 1.0 <= high
    assert 52 <= held <= 60


def test_the_bootstrap_says_the_same_twice() -> None:
    left, right = [1.0, 2.0, 4.0], [2.0, 3.0, 9.0]
    assert bootstrap(left, right, difference_of_means) == bootstrap(left, right, difference_of_means)


def decoded(text: str) -> dict[int, int]:
    """The counts by index in an encoded histogram, read as HdrHistogram's own decoders do."""
    packed = base64.b64decode(text)
    cookie, length = struct.unpack(">ii", packed[:8])
    assert cookie == 0x1C849314
    assert length == len(packed) - 8
    plain = zlib.decompress(packed[8:])
    head = struct.unpack(">iiiiqqd", plain[:40])
    assert head == (0x1C849313, len(plain) - 40, 0, 3, 1, 3_600_000_000, 1.0)
    counts, index, at = {}, 0, 40
    while at < len(plain):
        number = shift = 0
        while True:
            byte = plain[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        number = (number >> 1) ^ -(number & 1)
        if number < 0:
            index -= number
        else:
            counts[index] = number
            index += 1
    return counts


def lowest_of(index: int) -> int:
    """The smallest value that HdrHistogram counts at `index`, for three digits from 1 on."""
    shift = max((index >> 10) - 1, 0)
    return (index - (shift << 10)) << shift


def test_hdr_counts_come_back_to_three_digits() -> None:
    values = [0, 1, 2047, 2048, 4095, 4096, 123_456, 123_456, 59_999_999, 3_600_000_000, 7_200_000_000]
    counts = decoded(hdr.encode(values))
    assert sum(counts.values()) == len(values)
    back = sorted(lowest_of(index) for index, n in counts.items() for _ in range(n))
    for value, found in zip([*values[:-1], 3_600_000_000], back, strict=True):
        assert found == pytest.approx(value, rel=0.001)
    assert decoded(hdr.encode([])) == {}
