"""Run the numerically sensitive tests under every kernel of BLAS and NumPy that this machine can run.

python .ci/kernels.py
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = [
    "tests/core",
    "tests/estimators/test_ensemble_classifier.py",
    "tests/fitting/test_passes.py",
    "tests/fitting/test_threads.py",
    "tests/test_rounding.py",
    "tests/test_sklearn_checks.py",
]
# Of scikit-learn's checks, only the configurations in which rounding matters most.
SELECTION = "not no_complaint or ((defaults or float32 or lbfgs) and not ensembles)"
# OpenBLAS's kernels, and the instructions that each needs, in the words of /proc/cpuinfo.
KERNELS = {
    "Prescott": {"pni"},
    "Nehalem": {"sse4_2"},
    "Sandybridge": {"avx"},
    "Haswell": {"avx2", "fma"},
    "Zen": {"avx2", "fma"},
    "SkylakeX": {"avx512f", "avx512dq", "avx512bw", "avx512vl"},
}
# In a build without a kernel of its own for these, the other name stands for the same code.
ALIASES = {"Prescott": "Katmai", "Zen": "Haswell"}

# What runs is asked of a process of its own, since the choice is made when the libraries are loaded.
PROBE = """
import json
import numpy
import scipy.linalg.blas
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from threadpoolctl import threadpool_info
libraries = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
print(json.dumps({
    "kernels": sorted({library["architecture"] for library in libraries}),
    "threads": sorted({library["num_threads"] for library in libraries}),
    "dispatched": [name for name in __cpu_dispatch__ if __cpu_features__[name]],
}))
"""


def main():
    """Run every configuration; fail if a test fails, or if something else runs than was asked for."""
    native, flags = probe({}), processor_flags()
    print(f"native: {native}", flush=True)
    failed = []
    for name, variables, expected in configurations(native, flags):
        running = probe(variables)
        if any(running[key] not in expected[key] for key in expected):
            sys.exit(f"{name}: asked for {expected}, but this runs: {running}")
        passed, closing_line = run_tests(variables)
        print(f"{name}: {closing_line}", flush=True)
        if not passed:
            failed.append(name)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def configurations(native, flags):
    """Yield a name, the environment variables, and for each fact of the probe what it may be."""
    avx512 = [name for name in native["dispatched"] if "AVX512" in name or name == "X86_V4"]
    # What NumPy does not find either on processors with such a kernel.
    lacking = {"Prescott": native["dispatched"], "Haswell": avx512}
    seen = set()
    for kernel, needed in KERNELS.items():
        code = ALIASES.get(kernel, kernel)
        if not needed <= flags:
            print(f"{kernel}: skipped, this processor lacks {', '.join(sorted(needed - flags))}")
        elif probe({"OPENBLAS_CORETYPE": kernel})["kernels"] == [code] and code in seen:
            print(f"{kernel}: skipped, in this build the same code as {code}")
        else:
            seen.add(kernel)
            disabled = lacking.get(kernel, [])
            variables = {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": "2"}
            variables["NPY_DISABLE_CPU_FEATURES"] = " ".join(disabled)
            dispatched = [name for name in native["dispatched"] if name not in disabled]
            expected = {"kernels": [[kernel], [code]], "threads": [[2]], "dispatched": [dispatched]}
            yield kernel, variables, expected


def probe(variables):
    """Tell which kernels, how many threads and which of NumPy's dispatched features run."""
    finished = subprocess.run(
        [sys.executable, "-c", PROBE], env=os.environ | variables, check=True, capture_output=True, text=True
    )
    return json.loads(finished.stdout)


def run_tests(variables):
    """Run the tests and print what failed; return whether all passed, and the closing line."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", SELECTION, *TESTS]
    finished = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    lines = (finished.stdout + finished.stderr).strip().splitlines()
    if finished.returncode:
        print(*lines, sep="\n")
    return finished.returncode == 0, lines[-1]


def processor_flags():
    """Return the instructions that this processor has."""
    return set(re.search(r"^flags\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split())


if __name__ == "__main__":
    main()
