from __future__ import annotations

from pathlib import Path

import pytest

from server.mongod import EmbeddedMongod, MongodMissing, find_mongod


def mongod_that_says(folder: Path, version: str) -> Path:
    binary = folder / f"mongod-{version}"
    binary.write_text(f"#!/bin/sh\necho 'db version v{version}'\n")
    binary.chmod(0o755)
    return binary


def test_the_first_mongod_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    old, new = mongod_that_says(tmp_path, "5.0.31"), mongod_that_says(tmp_path, "7.0.28")
    assert find_mongod(tmp_path, [tmp_path / "not-there", old, new]) == new


def test_data_stay_with_the_series_that_wrote_them(tmp_path: Path) -> None:
    first, later = mongod_that_says(tmp_path, "6.0.5"), mongod_that_says(tmp_path, "8.0.17")
    assert find_mongod(tmp_path, [first]) == first
    assert find_mongod(tmp_path, [later, first]) == first
    with pytest.raises(MongodMissing, match=r"written by MongoDB 6\.0.*RINGBACK_MONGODB_URL"):
        find_mongod(tmp_path, [later])


async def test_without_a_mongod_one_sentence_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(MongodMissing) as problem:
        await EmbeddedMongod(tmp_path, candidates=[]).start()
    sentence = str(problem.value)
    assert "RINGBACK_MONGODB_URL" in sentence
    assert sentence.endswith(".") and "\n" not in sentence and sentence.count(". ") == 0
