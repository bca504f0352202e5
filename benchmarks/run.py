"""Compare sknn_scratch with what people use instead, and with the lower bounds of all.

    python benchmarks/run.py                  every question
    python benchmarks/run.py steps predict    some of them
    python benchmarks/run.py --quick          small sizes: shows that it runs, not how fast

Each question is a module beside this file. Its docstring says how it is measured.
"""

import argparse
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from harness import Options, silence_convergence_warnings

QUESTIONS = (
    "tabular",
    "sizes",
    "defaults",
    "quality",
    "quantiles",
    "codes",
    "surveys",
    "groups",
    "curves",
    "steps",
    "predict",
    "search",
    "memory",
)
RESULTS = Path(__file__).parents[1] / "docs" / "results"


def main() -> None:
    """Answer the questions on the command line: print the tables and write them to files."""
    args = parse_arguments()
    options = Options(args.quick, args.repeats)
    silence_convergence_warnings()
    for question in args.questions:
        parts = []
        for part in report(question, options):
            print(part, flush=True)
            parts.append(part)
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
            (args.out / f"{question}.md").write_text("\n".join(parts), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "questions", nargs="*", default=QUESTIONS, metavar="question", help=f"of {', '.join(QUESTIONS)}"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, one repetition, no files")
    parser.add_argument("--out", type=Path, help="where the tables go (default: docs/results)")
    parser.add_argument("--repeats", type=int, help="repetitions (default: 5, with --quick 1)")
    args = parser.parse_args()
    if unknown := set(args.questions) - set(QUESTIONS):
        parser.error(f"no such question: {', '.join(sorted(unknown))}; choose from {', '.join(QUESTIONS)}")
    args.out = args.out or (None if args.quick else RESULTS)
    args.repeats = args.repeats or (1 if args.quick else 5)
    return args


def report(question: str, options: Options) -> Iterator[str]:
    """Yield a page in parts: its title and how it is measured, then each table."""
    module = import_module(question)
    title, _, method = module.__doc__.partition("\n\n")
    yield f"# {title.rstrip('.')}\n\n{method}"
    for table in module.answer(options):
        yield table.markdown()


if __name__ == "__main__":
    main()
