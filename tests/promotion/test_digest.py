"""The digest of a model: the one that sha256sum gives, whatever the order of the files."""

import hashlib
import os
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azure_mlplatform.promotion.digest import DIGEST, PathError, TreeDigest

NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="/\\"), min_size=1
).filter(lambda each: each not in (".", "..") and len(each.encode()) < 100)
FILES = st.dictionaries(st.lists(NAME, min_size=1, max_size=3).map("/".join), st.binary(max_size=50), max_size=6)


def digest_of(files):
    found = TreeDigest()
    for path, content in files:
        found.add(path, hashlib.sha256(content).hexdigest())
    return found.value()


@given(FILES.filter(bool), st.randoms())
def test_the_order_does_not_count_and_every_byte_does(files, random):
    pairs = list(files.items())
    digest = digest_of(pairs)
    assert DIGEST.fullmatch(digest)
    random.shuffle(pairs)
    assert digest_of(pairs) == digest
    path, content = pairs[0]
    assert digest_of([(path, content + b"!"), *pairs[1:]]) != digest
    assert digest_of([(f"{path}!", content), *[each for each in pairs[1:] if each[0] != f"{path}!"]]) != digest


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES.filter(bool))
def test_it_is_the_one_that_sha256sum_gives(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("model")
    written = {}
    for path, content in files.items():
        try:
            (folder / "model" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "model" / path).write_bytes(content)
        except OSError:
            continue  # One path is a folder of another.
        written[f"model/{path}"] = content
    line = "find model -type f -print | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=True, env=os.environ)
    assert digest_of(written.items()) == f"sha256:{done.stdout.split()[0]}"


@pytest.mark.parametrize("path", ["", "/a", "a//b", "a/", "..", "a/../b", "./a", "a\\b", "a\nb", "a\x7f", "a\x00"])
def test_paths_that_lead_elsewhere_or_print_otherwise_are_refused(path):
    with pytest.raises(PathError):
        digest_of([(path, b"")])


def test_a_path_stands_once():
    with pytest.raises(PathError, match="twice"):
        digest_of([("a", b"1"), ("a", b"1")])
