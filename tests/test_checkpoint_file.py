"""Training states on disk: they are exact, written as a whole, and checked when they are read."""

import io
import json
import math
import os
import pickle
import zipfile
from dataclasses import fields, replace
from importlib import metadata
from operator import attrgetter

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._core.state import State
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._core.training import train
from sknn_scratch._fitting import checkpoint_file as checkpoint
from sknn_scratch._fitting.checkpoint_file import CheckpointError, read_checkpoint, write_checkpoint
from sknn_scratch._fitting.checkpoint_schema import STATE, VECTORS
from tests.helpers import AtEpochEnd, make_batch, make_problem, make_run

HEADER = {"params": {"alpha": 0.1, "tol": math.inf}, "names": ["ä", "\U0001f600", "\0"], "seed": 2**31}


class Crash(BaseException):
    """The process dies: nothing may catch this."""


def make_state(dtype=np.float64, seed=0):
    """Make a state whose numbers are hard to write exactly."""
    rng = np.random.default_rng(seed)
    first, second = {"loss": 0.1 + 0.2, "seconds": 5e-324}, {"loss": math.inf, "seconds": math.nan}
    state = State(
        params=rng.normal(size=7).astype(dtype),
        shuffle_rng=np.random.default_rng(1),
        dropout_rng=np.random.Generator(np.random.PCG64DXSM(2)),
        memory={"first_moment": rng.normal(size=7).astype(dtype), "velocity": np.zeros(7, dtype)},
        n_updates=12345678901234567890,
        n_reductions=3,
        history=[first, second, {"loss": -0.0, "seconds": 1 / 3}],
        epochs_before=1,
        best_value=-math.pi,
        best_epoch=2,
        best_params=np.ones(7, dtype),
        loss_limit=1e6 / 7,
        fallback_epoch=2,
        fallback_params=np.full(7, 0.1, dtype),
        stop_reason=StopReason.MAX_ITER,
    )
    state.shuffle_rng.permutation(5)
    state.dropout_rng.random(3, dtype=np.float32)  # leaves half a draw in the generator
    return state


FRESH = State(np.zeros(3, np.float32), np.random.default_rng(0), np.random.default_rng(1))
STATES = {
    "float64": make_state(),
    "float32": make_state(np.float32),
    "fresh": FRESH,
    "not validated": replace(
        make_state(), best_params=None, fallback_params=None, stop_reason=None, loss_limit=math.inf
    ),
    "diverged": replace(make_state(), params=np.array([np.nan, np.inf, -np.inf, -0.0, 1, 5e-324, 2])),
}


def assert_same_arrays(array, other):
    assert array.dtype == other.dtype
    assert_array_equal(array, other)
    assert array.tobytes() == other.tobytes()


def assert_same_numbers(number, other):
    assert type(number) is type(other)
    assert repr(number) == repr(other)  # tells -0.0 from 0.0, and NaN is itself


def assert_same_state(state, other):
    assert state.memory.keys() == other.memory.keys()
    for name, array in state.memory.items():
        assert_same_arrays(array, other.memory[name])
    assert_same_numbers(state.history, other.history)
    for name in VECTORS:
        array, other_array = attrgetter(name)(state), attrgetter(name)(other)
        assert (array is None) == (other_array is None)
        if array is not None:
            assert_same_arrays(array, other_array)
    for name in STATE:
        value, other_value = attrgetter(name)(state), attrgetter(name)(other)
        if isinstance(value, np.random.Generator):
            assert value.bit_generator.state == other_value.bit_generator.state
        else:
            assert_same_numbers(value, other_value)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def files_in(directory):
    return sorted(path.name for path in directory.iterdir())


# --- What is written is read ---


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_read_as_it_was_written(path, name):
    write_checkpoint(path, STATES[name], HEADER)
    state, header = read_checkpoint(path)
    assert_same_state(state, STATES[name])
    assert header == HEADER
    assert files_in(path.parent) == ["run.npz"]


def test_every_field_of_a_state_is_kept():
    """A new field of the training state takes one line in STATE or VECTORS."""
    assert {*STATE, *VECTORS, "memory", "history"} == {field.name for field in fields(State)}


def test_what_an_epoch_has_no_record_of_is_nan(path):
    first, second = {"loss": 0.1}, {"loss": 0.2, "val_loss": 0.3}
    write_checkpoint(path, replace(make_state(), history=[first, second]), HEADER)
    state, _ = read_checkpoint(path)
    assert_same_numbers(state.history, [{"loss": 0.1, "val_loss": math.nan}, second])


def test_random_streams_go_on_where_they_were(path):
    state = make_state()
    write_checkpoint(path, state, HEADER)
    restored, _ = read_checkpoint(path)
    for name in ("shuffle_rng", "dropout_rng"):
        rng, restored_rng = getattr(state, name), getattr(restored, name)
        assert_array_equal(rng.random(3, dtype=np.float32), restored_rng.random(3, dtype=np.float32))
        assert_array_equal(rng.permutation(100), restored_rng.permutation(100))


def test_writing_does_not_change_the_state(path):
    state, twin = make_state(), make_state()
    write_checkpoint(path, state, HEADER)
    assert_same_state(state, twin)


def test_what_was_read_can_be_trained_further(path):
    write_checkpoint(path, make_state(), HEADER)
    state, _ = read_checkpoint(path)
    for array in (state.params, state.best_params, *state.memory.values()):
        array += 1


def test_the_file_is_an_npz_without_pickles_that_says_what_it_is(path):
    write_checkpoint(path, make_state(), HEADER)
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
        document = json.loads(arrays["header"].tobytes())
    assert document["format"] == "sknn_scratch checkpoint"
    assert document["format_number"] == 6
    assert document["package_version"] == checkpoint.package_version()


def test_the_package_need_not_be_installed(monkeypatch):
    def not_installed(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", not_installed)
    assert checkpoint.package_version.__wrapped__() == "unknown"


GOING_ON = [
    *({"solver": solver} for solver in SOLVERS),
    *({"schedule": schedule, "tol": 1.0, "n_iter_no_change": 2} for schedule in SCHEDULES),
    {"dropout": 0.5},
]


@pytest.mark.parametrize("config", GOING_ON)
@pytest.mark.parametrize("validated", [False, True])
def test_training_goes_on_from_any_epoch_as_if_it_had_never_been_stopped(tmp_path, config, validated):
    problem = make_problem("multiclass")
    data = {"validation": make_batch(make_problem("multiclass", seed=1))} if validated else {}
    run = make_run(problem, data=data, max_iter=6, **config)

    def write(_, state):
        write_checkpoint(tmp_path / str(state.epoch), state, {})
        return False

    (straight,) = train([run], [AtEpochEnd(write)])
    for epoch in range(1, 1 + straight.state.epoch):
        state, _ = read_checkpoint(tmp_path / str(epoch))
        assert state.epoch == epoch
        (resumed,) = train([replace(run, state=state)])
        for record, other in zip(resumed.state.history, straight.state.history, strict=True):
            assert {**record, "seconds": 0} == {**other, "seconds": 0}
        assert resumed.state.kept_epoch == straight.state.kept_epoch
        resumed.state.history = straight.state.history
        assert_same_state(resumed.state, straight.state)


# --- A crash at any instant leaves the old file or the new one ---


def assert_whole(path, *states):
    """Check that the file holds one of the states."""
    state, _ = read_checkpoint(path)
    assert state.n_updates in {one.n_updates for one in states}
    assert_same_state(state, next(one for one in states if one.n_updates == state.n_updates))


def fail_on_call(monkeypatch, owner, name, n_calls=0):
    """Let a function crash the process on a call, after some that go well."""
    function = getattr(owner, name)
    calls = iter(range(n_calls))

    def failing(*args, **kwargs):
        if next(calls, None) is None:
            raise Crash
        return function(*args, **kwargs)

    monkeypatch.setattr(owner, name, failing)


STEPS = {
    "before the first array": (np.lib.format, "write_array", 0),
    "between two arrays": (np.lib.format, "write_array", 3),
    "before the end of the archive": (zipfile.ZipFile, "_write_end_record", 0),
    "before the flush of the file": (os, "fsync", 0),
    "before the renaming": (os, "replace", 0),
    "before the directory is opened": (os, "open", 0),
    "before the flush of the directory": (os, "fsync", 1),
    "before the directory is closed": (os, "close", 0),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_a_whole_file(path, monkeypatch, step):
    old, new = make_state(), replace(make_state(seed=1), n_updates=2)
    write_checkpoint(path, old, HEADER)
    with monkeypatch.context() as patch:
        fail_on_call(patch, *STEPS[step])
        with pytest.raises(Crash):
            write_checkpoint(path, new, HEADER)
    assert_whole(path, old, new)
    assert files_in(path.parent) == ["run.npz"]
    write_checkpoint(path, new, HEADER)
    assert_whole(path, new)


@pytest.mark.parametrize("step", list(STEPS)[:5])
def test_what_a_killed_process_leaves_behind_is_removed_by_the_next_write(path, monkeypatch, step):
    old, new = make_state(), replace(make_state(seed=1), n_updates=2)
    write_checkpoint(path, old, HEADER)
    for _ in range(3):
        with monkeypatch.context() as patch:
            fail_on_call(patch, *STEPS[step])
            patch.setattr(type(path), "unlink", lambda *_, **__: None)  # no clean-up after SIGKILL
            with pytest.raises(Crash):
                write_checkpoint(path, new, HEADER)
    assert len(files_in(path.parent)) == 4
    assert_whole(path, old)
    write_checkpoint(path, new, HEADER)
    assert_whole(path, new)
    assert files_in(path.parent) == ["run.npz"]


def test_the_temporary_files_of_other_checkpoints_are_let_be(tmp_path):
    names = [".a.b.0123456789abcdef.tmp", ".a.tmp", ".a.0123.tmp", ".ab.0123456789abcdef.tmp", "a.tmp"]
    for name in names:
        (tmp_path / name).touch()
    write_checkpoint(tmp_path / "a", make_state(), HEADER)
    assert files_in(tmp_path) == sorted([*names, "a"])


@pytest.mark.parametrize("name", ["[a]*?.npz", "without ending", ".hidden", "ä"])
def test_any_file_name_will_do(tmp_path, monkeypatch, name):
    path = tmp_path / name
    with monkeypatch.context() as patch:
        fail_on_call(patch, os, "replace")
        patch.setattr(type(path), "unlink", lambda *_, **__: None)
        with pytest.raises(Crash):
            write_checkpoint(path, make_state(), HEADER)
    write_checkpoint(str(path), make_state(), HEADER)
    assert_whole(str(path), make_state())
    assert files_in(tmp_path) == [name]


def test_a_full_disk_is_reported_and_leaves_the_old_file(path, monkeypatch):
    write_checkpoint(path, make_state(), HEADER)

    def no_space(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        with pytest.raises(OSError, match="No space left"):
            write_checkpoint(path, make_state(seed=1), HEADER)
    assert_whole(path, make_state())
    assert files_in(path.parent) == ["run.npz"]


def test_a_directory_that_cannot_be_opened_is_no_obstacle(path, monkeypatch):
    def not_here(*_):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", not_here)
        write_checkpoint(path, make_state(), HEADER)
    assert_whole(path, make_state())


def test_the_file_gets_the_usual_permissions(path):
    write_checkpoint(path, make_state(), HEADER)
    (path.parent / "other").touch()
    assert path.stat().st_mode == (path.parent / "other").stat().st_mode


def test_two_writers_do_not_mix_their_files(path, monkeypatch):
    """The second one removes the first one's temporary file, whose renaming then fails."""
    replace_file = os.replace

    def overtaken(temporary, target):
        monkeypatch.setattr(os, "replace", replace_file)
        write_checkpoint(path, make_state(seed=1), HEADER)
        replace_file(temporary, target)

    monkeypatch.setattr(os, "replace", overtaken)
    with pytest.raises(FileNotFoundError):
        write_checkpoint(path, make_state(), HEADER)
    assert_whole(path, make_state(seed=1))


# --- What is no whole checkpoint is refused ---


def test_a_truncated_file_is_refused_wherever_it_is_cut(path):
    write_checkpoint(path, make_state(), HEADER)
    contents = path.read_bytes()
    for n_bytes in [*range(0, len(contents), 13), len(contents) - 1]:
        path.write_bytes(contents[:n_bytes])
        with pytest.raises(CheckpointError, match=r"run\.npz is damaged or is no checkpoint .*fit anew"):
            read_checkpoint(path)


def test_a_damaged_file_is_refused_or_the_damage_does_not_matter(path):
    write_checkpoint(path, make_state(), HEADER)
    contents, rng, n_refused = path.read_bytes(), np.random.default_rng(0), 0
    positions = range(0, len(contents), 5)
    for position in positions:
        damaged = bytearray(contents)
        damaged[position] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            state, header = read_checkpoint(path)
        except CheckpointError as error:
            assert "run.npz" in str(error)  # noqa: PT017 - some damage may well do no harm
            n_refused += 1
        else:
            assert_same_state(state, make_state())
            assert header == HEADER
    assert n_refused > len(positions) / 2


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def with_document(**changes):
    """Make a checkpoint whose JSON document has other entries, in the bytes of its file."""
    arrays = checkpoint.pack(make_state(), HEADER)
    document = json.loads(arrays["header"].tobytes()) | changes
    arrays["header"] = np.frombuffer(json.dumps(document).encode(), np.uint8)
    return npz(**arrays)


def with_numbers(**changes):
    numbers = checkpoint.numbers_of(make_state()) | {"history_names": ["loss", "seconds"]}
    return with_document(state=numbers | changes)


FOREIGN = {
    "empty": b"",
    "text": b"epoch 1: loss = 0.7\n" * 50,
    "pickle": pickle.dumps(make_state()),
    "npz without a header": npz(params=np.zeros(3)),
    "npz with a header that is no JSON": npz(header=np.frombuffer(b"{", np.uint8)),
    "npz with another kind of JSON": npz(header=np.frombuffer(b"[1]", np.uint8)),
    "npz with pickles": npz(header=np.array([make_state()], dtype=object)),
    "another format": with_document(format="somebody's checkpoint"),
    "no number": with_document(format_number=None),
    "no state": with_document(state=None),
    "part of a state": with_document(state={"n_updates": 3}),
    "unknown reason to stop": with_numbers(stop_reason="TIRED"),
    "unknown random numbers": with_numbers(shuffle_rng={"bit_generator": "os.system"}),
    "history of another width": with_numbers(history_names=["loss"]),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_refused(path, kind):
    path.write_bytes(FOREIGN[kind])
    with pytest.raises(CheckpointError, match=r"run\.npz is .*no checkpoint of sknn_scratch"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", ["params", "history", "memory.velocity", "best_params", "fallback_params"])
@pytest.mark.parametrize("array", [np.zeros(6), np.zeros(7, np.float16), None])
def test_an_array_that_is_lost_or_exchanged_is_noticed(path, name, array):
    arrays = checkpoint.pack(make_state(), HEADER)
    del arrays[name]
    path.write_bytes(npz(**arrays, **({} if array is None else {name: array})))
    with pytest.raises(CheckpointError, match="other arrays than its header says"):
        read_checkpoint(path)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 7])
def test_another_format_asks_for_the_version_that_wrote_it(path, number):
    path.write_bytes(with_document(format_number=number, package_version="7.1.0", state="of another kind"))
    message = rf"run\.npz was written in format {number}, by sknn_scratch 7\.1\.0.*version that wrote"
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(path)


# --- What was made to harm is refused, soon and without much memory ---

GENERATOR = np.random.default_rng(0).bit_generator.state
NO_NUMBERS = [None, True, "1", [], {}]
NO_COUNTS = [*NO_NUMBERS, -1, 1.0, math.nan, 2**64]
NO_GENERATORS = [
    *NO_NUMBERS,
    GENERATOR | {"bit_generator": "MT19937"},
    GENERATOR | {"bit_generator": []},
    GENERATOR | {"state": {"state": 1}},
    GENERATOR | {"state": {"state": -1, "inc": 1}},
    GENERATOR | {"state": {"state": 2**128, "inc": 1}},
    GENERATOR | {"state": {"state": 1.0, "inc": 1}},
    GENERATOR | {"has_uint32": 2},
    GENERATOR | {"uinteger": 2**32},
    GENERATOR | {"more": 1},
]
WRONG_NUMBERS = {
    "shuffle_rng": NO_GENERATORS,
    "dropout_rng": NO_GENERATORS,
    "n_updates": NO_COUNTS,
    "n_reductions": [*NO_COUNTS, 501, 2**63],
    "epochs_before": NO_COUNTS,
    "best_value": [*NO_NUMBERS, math.nan],
    "best_epoch": [*NO_COUNTS, 5],
    "epochs_without_improvement": NO_COUNTS,
    "loss_limit": [*NO_NUMBERS, math.nan, 0.0, -math.inf],
    "fallback_epoch": [*NO_COUNTS, 5],
    "stop_reason": [True, 1, "", "TIRED", "name", [], {}],
    "history_names": [
        *NO_NUMBERS,
        ["loss"],
        ["loss", "loss"],
        ["loss", 1],
        [["loss"], "seconds"],
        ["a", "b"],
    ],
}


def test_every_number_of_a_state_has_wrong_ones():
    assert WRONG_NUMBERS.keys() == {*STATE, "history_names"}


@pytest.mark.parametrize("name", WRONG_NUMBERS)
def test_a_number_that_cannot_be_is_refused(path, name):
    for value in WRONG_NUMBERS[name]:
        path.write_bytes(with_numbers(**{name: value}))
        with pytest.raises(CheckpointError, match=r"run\.npz is damaged"):
            read_checkpoint(path)


def test_the_refusal_says_what_is_wrong(path):
    path.write_bytes(with_numbers(n_updates=-3))
    with pytest.raises(CheckpointError, match=r"n_updates must be a whole number from 0 to \d+, got -3"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", [*STATE, "history_names", "more"])
def test_a_state_has_just_its_fields(path, name):
    numbers = checkpoint.numbers_of(make_state()) | {"history_names": ["loss", "seconds"]}
    if name in numbers:
        del numbers[name]
    else:
        numbers[name] = 0
    path.write_bytes(with_document(state=numbers))
    with pytest.raises(CheckpointError, match="state must have the fields"):
        read_checkpoint(path)


VECTOR, TABLE = ["<f8", 7], ["<f8", 3, 2]
WRONG_ARRAYS = {
    "none": {},
    "only params": {"params": VECTOR},
    "only the history": {"history": TABLE},
    "no such name": {"params": VECTOR, "history": TABLE, "__class__": VECTOR},
    "the header": {"params": VECTOR, "history": TABLE, "header": VECTOR},
    "another length": {"params": VECTOR, "history": TABLE, "fallback_params": ["<f8", 8]},
    "another dtype": {"params": VECTOR, "history": TABLE, "fallback_params": ["<f4", 7]},
    "objects": {"params": ["|O", 7], "history": TABLE},
    "no dtype": {"params": [[], 7], "history": TABLE},
    "two axes": {"params": ["<f8", 7, 1], "history": TABLE},
    "one axis": {"params": VECTOR, "history": ["<f8", 6]},
    "negative": {"params": ["<f8", -7], "history": TABLE},
    "huge": {"params": ["<f8", 2**62], "history": TABLE},
    "large": {"params": ["<f8", 2**40], "history": TABLE},
    "a float": {"params": ["<f8", 7.0], "history": TABLE},
    "no list": {"params": 7, "history": TABLE},
}


@pytest.mark.parametrize("arrays", WRONG_ARRAYS.values(), ids=WRONG_ARRAYS)
def test_arrays_that_cannot_be_are_refused(path, arrays):
    path.write_bytes(with_document(arrays=arrays))
    with pytest.raises(CheckpointError, match=r"run\.npz is damaged"):
        read_checkpoint(path)


@pytest.mark.parametrize("shape", [(2**40, 0), (0, 2**40)])
def test_an_empty_history_takes_no_memory(path, shape):
    """Such a table has no bytes, but a list of its rows would have more than any memory."""
    arrays = checkpoint.pack(FRESH, HEADER) | {"history": np.empty(shape)}
    document = json.loads(arrays.pop("header").tobytes())
    document["arrays"] = checkpoint.shapes_of(arrays)
    arrays["header"] = np.frombuffer(json.dumps(document).encode(), np.uint8)
    path.write_bytes(npz(**arrays))
    with pytest.raises(CheckpointError, match="its history has other columns"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "text", [b"[" * 10**6, b'{"a":' * 10**6, b"1" * 10**6, b"\xff", b"null", b"NaN", b"[]"]
)
def test_a_header_that_is_nonsense_is_refused(path, text):
    path.write_bytes(npz(header=np.frombuffer(text, np.uint8)))
    with pytest.raises(CheckpointError, match=r"run\.npz is .*no checkpoint of sknn_scratch"):
        read_checkpoint(path)


def zipped(members, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, contents in members:
            archive.writestr(name, contents)
    return file.getvalue()


def claiming(size):
    """Make an archive whose member claims to have another size."""
    contents, true_size = bytearray(zipped([("header.npy", b"x" * 77)])), (77).to_bytes(4, "little")
    directory = contents.index(b"PK\x01\x02")
    for _ in range(2):  # the compressed one and the other
        place = contents.index(true_size, directory)
        contents[place : place + 4] = size.to_bytes(4, "little")
    return bytes(contents)


ARCHIVES = {
    "compressed": (zipped([("header.npy", bytes(10**6))], compression=zipfile.ZIP_DEFLATED), "compressed"),
    "one compressed": (
        zipped([("more.npy", bytes(10**6))], compression=zipfile.ZIP_LZMA),
        "it is compressed",
    ),
    "claims to be large": (claiming(2**31), "larger than the file"),
    "the same name twice": (
        zipped([("aa", b"1"), ("bb", b"2")]).replace(b"bb", b"aa"),
        "two of its members have the same name",
    ),
    "not UTF-8": (zipped([("ä", b"1")]).replace("ä".encode(), b"\xff\xff"), "UnicodeDecodeError"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_was_made_to_harm_is_refused_before_it_is_read(path, kind, monkeypatch):
    contents, message = ARCHIVES[kind]
    path.write_bytes(contents)
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(path)


def test_an_unexpected_member_is_refused(path):
    path.write_bytes(npz(**checkpoint.pack(make_state(), HEADER), more=np.zeros(3)))
    with pytest.raises(CheckpointError, match="other arrays than its header says"):
        read_checkpoint(path)


def test_errors_of_our_own_are_not_taken_for_damage(path, monkeypatch):
    def broken(*_):
        raise KeyError("a mistake")

    write_checkpoint(path, make_state(), HEADER)
    monkeypatch.setattr(checkpoint, "unpack", broken)
    with pytest.raises(KeyError, match="a mistake"):
        read_checkpoint(path)


def test_a_missing_file_is_a_missing_file(path):
    with pytest.raises(FileNotFoundError, match=r"run\.npz"):
        read_checkpoint(path)


def test_checkpoint_error_is_a_value_error_and_can_be_pickled():
    error = pickle.loads(pickle.dumps(CheckpointError("a sentence")))
    assert isinstance(error, ValueError)
    assert str(error) == "a sentence"
