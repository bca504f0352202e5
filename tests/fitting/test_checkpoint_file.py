"""Records on disk: they are exact, written as a whole, and safe to read."""

import io
import json
import math
import os
import pickle
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

import sknn_scratch
from sknn_scratch import CheckpointError
from sknn_scratch._core.state import State
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._fitting.checkpoint_file import (
    Table,
    leaves_of,
    members_of,
    read_record,
    write_record,
)
from tests.helpers import bits_of


class Crash(BaseException):
    """The process dies: nothing may catch this."""


@dataclass
class Box:
    """A record with a field of each kind."""

    state: State
    count: int = 2**64 - 1
    text: str = "ä\U0001f600\0"
    json: dict = field(default_factory=lambda: {"a": [None, True, {"b": 2**80}]})
    names: NDArray[Any] | None = None
    scale: float | NDArray[np.float64] = 0.1 + 0.2
    table: Table = field(default_factory=dict)


def make_state(dtype=np.float64, seed=0):
    """Make a state whose numbers are hard to write exactly."""
    rng = np.random.default_rng(seed)
    params = rng.normal(size=7).astype(dtype)
    params[:2] = -0.0, np.finfo(dtype).smallest_subnormal
    first, second = {"loss": 0.1 + 0.2, "seconds": 5e-324}, {"loss": math.inf, "seconds": math.nan}
    state = State(
        params=params,
        shuffle_rng=np.random.default_rng(1),
        dropout_rng=np.random.default_rng(2),
        memory={"table": np.asfortranarray(rng.normal(size=(3, 7))), "vector": np.full(7, np.nan, dtype)},
        n_updates=12345678901234567890,
        history=[first, second, {"loss": -0.0, "seconds": 1 / 3}],
        loss_limit=1e6 / 7,
        stop_reason=StopReason.MAX_ITER,
    )
    state.shuffle_rng.permutation(5)
    state.dropout_rng.random(3, dtype=np.float32)  # leaves half a draw in the generator
    return state


FRESH = Box(State(np.zeros(3, np.float32), np.random.default_rng(0), np.random.default_rng(1)))
OLD, NEW = Box(make_state(), count=1), Box(make_state(seed=1), count=2)
BOXES = {
    "fresh": FRESH,
    "float64": OLD,
    "float32": Box(make_state(np.float32)),
    "vectors": replace(
        OLD,
        names=np.array(["a", "bä\0"], object),
        scale=np.array([1e-300, 3]),
        table={"loss": np.array([np.nan]), "a.b": np.array([1.0])},
    ),
    "dates": replace(OLD, names=np.array(["2026-11-25", "NaT"], "M8[D]")),
    "strings": replace(OLD, names=np.array(["a", "bcd"])),
}


def assert_same_record(record, other):
    """Check that all numbers are the same, bit for bit."""
    assert bits_of(leaves_of(record)) == bits_of(leaves_of(other))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def files_in(directory):
    return sorted(path.name for path in directory.iterdir())


# --- What is written is read ---


@pytest.mark.parametrize("name", BOXES)
def test_a_record_is_read_as_it_was_written(path, name):
    twin = pickle.loads(pickle.dumps(BOXES[name]))
    write_record(path, BOXES[name])
    assert_same_record(BOXES[name], twin)  # writing does not change it
    record = read_record(path, Box)
    assert_same_record(record, twin)
    assert files_in(path.parent) == ["run.npz"]
    draws = [one.state.dropout_rng.random(3, dtype=np.float32) for one in (record, twin)]
    assert_array_equal(*draws)
    record.state.params += 1  # it can be trained further


def test_the_file_is_an_npz_without_pickles_that_says_what_it_is_and_has_the_usual_permissions(path):
    write_record(path, OLD)
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
        header = json.loads(arrays["header"].tobytes())
    assert header["format"] == "sknn_scratch checkpoint"
    assert header["package_version"] == sknn_scratch.__version__
    (path.parent / "other").touch()
    assert path.stat().st_mode == (path.parent / "other").stat().st_mode


# --- A crash at any instant leaves the old file or the new one ---


def fail_on_call(monkeypatch, owner, name, n_calls=0, error=Crash):
    """Let a function fail on a call, after some that go well."""
    function = getattr(owner, name)
    calls = iter(range(n_calls))

    def failing(*args, **kwargs):
        if next(calls, None) is None:
            raise error
        return function(*args, **kwargs)

    monkeypatch.setattr(owner, name, failing)


STEPS = {
    "before the first array": (zipfile.ZipFile, "open", 0),
    "between two arrays": (zipfile.ZipFile, "open", 3),
    "before the end of the archive": (zipfile.ZipFile, "_write_end_record", 0),
    "before the flush of the file": (os, "fsync", 0),
    "before the renaming": (os, "replace", 0),
    "before the directory is opened": (os, "open", 0),
    "before the flush of the directory": (os, "fsync", 1),
    "before the directory is closed": (os, "close", 0),
}
FULL_DISK = OSError(28, "No space left on device")


# Python 3.11.2 tells of an archive that was never closed.
of_a_broken_write = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@of_a_broken_write
@pytest.mark.parametrize("error", [Crash, FULL_DISK], ids=["crash", "full disk"])
@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_a_whole_file(path, monkeypatch, step, error):
    write_record(path, OLD)
    with monkeypatch.context() as patch:
        fail_on_call(patch, *STEPS[step], error=error)
        with pytest.raises((Crash, OSError), match="No space" if error is FULL_DISK else None):
            write_record(path, NEW)
    record = read_record(path, Box)
    assert_same_record(record, OLD if record.count == OLD.count else NEW)
    assert files_in(path.parent) == ["run.npz"]
    write_record(path, NEW)
    assert_same_record(read_record(path, Box), NEW)


@of_a_broken_write
@pytest.mark.parametrize("name", ["[a]*?.npz", "without ending", ".hidden", "ä"])
def test_what_a_killed_process_leaves_behind_is_removed_by_the_next_write(tmp_path, monkeypatch, name):
    path = tmp_path / name
    others = [f".x{name}.0123456789abcdef.tmp", f".{name}.tmp", f".{name}.0123.tmp", f"{name}.tmp"]
    for other in others:
        (tmp_path / other).touch()
    write_record(path, OLD)
    for step in ("between two arrays", "before the renaming"):
        with monkeypatch.context() as patch:
            fail_on_call(patch, *STEPS[step])
            patch.setattr(type(path), "unlink", lambda *_, **__: None)  # no clean-up after SIGKILL
            with pytest.raises(Crash):
                write_record(path, NEW)
    assert len(files_in(tmp_path)) == len(others) + 3
    write_record(str(path), NEW)
    assert_same_record(read_record(str(path), Box), NEW)
    assert files_in(tmp_path) == sorted([*others, name])


def test_a_directory_that_cannot_be_opened_is_no_obstacle(path, monkeypatch):
    with monkeypatch.context() as patch:
        fail_on_call(patch, os, "open", error=PermissionError)
        write_record(path, OLD)
    assert_same_record(read_record(path, Box), OLD)


def test_two_writers_do_not_mix_their_files(path, monkeypatch):
    """The second one removes the first one's temporary file, whose renaming then fails."""
    replace_file = os.replace

    def overtaken(temporary, target):
        monkeypatch.setattr(os, "replace", replace_file)
        write_record(path, NEW)
        replace_file(temporary, target)

    monkeypatch.setattr(os, "replace", overtaken)
    with pytest.raises(FileNotFoundError):
        write_record(path, OLD)
    assert_same_record(read_record(path, Box), NEW)


# --- Links, devices, pipes ---


@pytest.mark.parametrize("exists", [True, False])
def test_through_a_link_the_file_that_it_names_is_written(tmp_path, exists):
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "target.npz", tmp_path / "link.npz"
    link.symlink_to("disk/target.npz")
    if exists:
        write_record(target, OLD)
    write_record(link, NEW)
    assert link.is_symlink()
    assert_same_record(read_record(link, Box), NEW)
    assert files_in(tmp_path / "disk") == ["target.npz"]


def make_loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, make_loop, lambda path: path.symlink_to("/dev/null")])
def test_what_is_no_regular_file_is_refused_and_stays(path, make):
    make(path)
    mode = path.lstat().st_mode
    for use in (lambda: write_record(path, OLD), lambda: read_record(path, Box)):
        with pytest.raises(OSError, match=r"run\.npz is no regular file, but a device, a pipe"):
            use()
    assert path.lstat().st_mode == mode
    assert files_in(path.parent) == ["run.npz"]


# --- What is no whole checkpoint is refused ---


def test_a_truncated_or_changed_file_is_refused_or_the_damage_does_not_matter(path):
    """Some bytes of a zip archive, such as dates, mean nothing."""
    write_record(path, OLD)
    contents, rng, n_harmless = path.read_bytes(), np.random.default_rng(0), 0
    cuts = [contents[:n_bytes] for n_bytes in [*range(0, len(contents), 97), len(contents) - 1]]
    places = [*range(0, len(contents), 17), *range(len(contents) - 100, len(contents))]
    flips = [
        contents[:i] + bytes([contents[i] ^ int(rng.integers(1, 256))]) + contents[i + 1 :] for i in places
    ]
    for damaged in (*cuts, *flips):
        path.write_bytes(damaged)
        try:
            record = read_record(path, Box)
        except CheckpointError as error:
            assert "run.npz is" in str(error)  # noqa: PT017 - some damage may well do no harm
        else:
            assert len(damaged) == len(contents)
            assert_same_record(record, OLD)
            n_harmless += 1
    assert n_harmless < len(flips) / 4


def npz(members):
    file = io.BytesIO()
    np.savez(file, **members)
    return file.getvalue()


def with_header(text):
    return npz(members_of(OLD) | {"header": np.frombuffer(text, np.uint8)})


def with_changes(**changes):
    header = json.loads(members_of(OLD)["header"].tobytes())
    return with_header(json.dumps(header | changes).encode())


def zipped(contents, name="header.npy", **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        archive.writestr(name, contents)
    return file.getvalue()


def claiming_shape(descr, shape, data=b""):
    """Make a file whose header claims to be an array of a shape."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return zipped(file.getvalue() + data)


def claiming_size(size):
    """Make a file whose header claims to have another size in the archive."""
    contents, true_size = bytearray(zipped(b"x" * 77)), (77).to_bytes(4, "little")
    directory = contents.index(b"PK\x01\x02")
    for _ in range(2):  # the compressed one and the other
        place = contents.index(true_size, directory)
        contents[place : place + 4] = size.to_bytes(4, "little")
    return bytes(contents)


def overlapping():
    """Make an archive with a thousand members, all of which are the same bytes of the file."""
    contents = zipped(bytes(10**5))
    start, end = contents.index(b"PK\x01\x02"), contents.index(b"PK\x05\x06")
    entry, tail = contents[start:end], bytearray(contents[end:])
    tail[8:12] = (1000).to_bytes(2, "little") * 2
    tail[12:16] = (1000 * len(entry)).to_bytes(4, "little")
    return contents[:start] + entry * 1000 + tail


def memory_to_read(path):
    """Measure how many times the size of a file reading it takes in memory, beyond 1 MB."""
    tracemalloc.start()
    with suppress(CheckpointError):
        read_record(path, Box)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - 2**20) / path.stat().st_size


NO_CHECKPOINTS = {
    "pickle": pickle.dumps(OLD),
    "npz without a header": npz({"params": np.zeros(3)}),
    "objects": npz({"header": np.array([OLD], dtype=object)}),
    "another program": with_changes(format="somebody's checkpoint"),
    "no format number": with_changes(format_number=None),
    "no values": with_changes(values=None),
    "deep JSON": with_header(b"[" * 10**5),
    "a long number": with_header(b"1" * 10**5),
    "no UTF-8": with_header(b"\xff"),
    "null": with_header(b"null"),
    "9.6 GB": claiming_shape("<f8", (1_200_000_000,), bytes(15_000)),
    "overflow": claiming_shape("<f8", (2**40, 2**40)),
    "negative lengths": claiming_shape("<f8", (-8, -1), bytes(64)),
    "long strings": claiming_shape("<U500000000", (5,), bytes(20)),
    "strings of no length": claiming_shape("<U0", (10**12,)),
    "a long header of the array": zipped(b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535),
    "no header of the array": zipped(b"\x93NUMPY\x01\x00\x10\x00" + b"{'descr': '''   "),
    "compressed": zipped(bytes(10**7), compression=zipfile.ZIP_DEFLATED),
    "claims to be large": claiming_size(2**31),
    "overlapping members": overlapping(),
    "no UTF-8 in a name": zipped(b"1", "ä").replace("ä".encode(), b"\xff\xff"),
}


OF_OTHERS = ["npz without a header", "another program", "no format number", "no UTF-8", "null"]


@pytest.mark.parametrize("kind", OF_OTHERS)
def test_a_sound_file_of_another_program_is_not_called_damaged(path, kind):
    path.write_bytes(NO_CHECKPOINTS[kind])
    with pytest.raises(CheckpointError, match=r"run\.npz is no checkpoint of sknn_scratch; pass a file"):
        read_record(path, Box)


@pytest.mark.parametrize("kind", NO_CHECKPOINTS)
def test_a_file_that_is_no_checkpoint_is_refused_whatever_it_claims_to_be(path, kind):
    path.write_bytes(NO_CHECKPOINTS[kind])
    with pytest.raises(CheckpointError, match=r"run\.npz is .*no checkpoint of sknn_scratch"):
        read_record(path, Box)
    assert memory_to_read(path) < 10


def test_a_large_file_takes_a_few_times_its_size_in_memory(path):
    large = replace(OLD.state, params=np.zeros(2**19), memory={"a": np.zeros((4, 2**19))})
    write_record(path, Box(large))
    assert memory_to_read(path) < 4
    write_record(path, Box(OLD.state, json={"a": [{}] * 10**5}))  # the JSON that takes most
    assert memory_to_read(path) < 25


@pytest.mark.parametrize("number", [5, 7])
def test_another_format_asks_for_the_version_that_wrote_it(path, number):
    path.write_bytes(with_changes(format_number=number, package_version="7.1.0", values="of another kind"))
    message = rf"run\.npz was written in format {number}, by sknn_scratch 7\.1\.0.*version that wrote"
    with pytest.raises(CheckpointError, match=message):
        read_record(path, Box)


# --- Errors ---


def test_errors_of_our_own_are_not_taken_for_damage(path):
    class Other(Box):
        def __init__(self, **_):
            raise KeyError("a mistake")

    write_record(path, OLD)
    with pytest.raises(KeyError, match="a mistake"):
        read_record(path, Other)


def test_a_missing_file_is_a_missing_file(path):
    with pytest.raises(FileNotFoundError, match=r"run\.npz"):
        read_record(path, Box)


def test_checkpoint_error_is_a_value_error_and_can_be_pickled():
    error = pickle.loads(pickle.dumps(CheckpointError("a sentence")))
    assert isinstance(error, ValueError)
    assert str(error) == "a sentence"
