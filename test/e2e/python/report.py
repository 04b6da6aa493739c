"""What the case files share: the report that the Go side reads, and assertions.

Each case prints "ok NAME" or "FAIL NAME: why", and the run "done N" at the end;
lines that begin with "# " are for people.
"""

import re
import sys
import traceback

CASES = []


def case(function):
    CASES.append(function)
    return function


def note(*parts):
    print("#", " ".join(str(part) for part in parts).replace("\n", "\n# "))


def equal(want, got, what=""):
    assert want == got, f"{what}: want {want!r}, got {got!r}"


def fails(action, kind=Exception, *words):
    try:
        action()
    except kind as error:
        text = str(error)
        note("failed as it should:", text.replace("\n", "\\n")[:300])
        for word in words:
            assert word in text, f"{word!r} in {text}"
        return error
    raise AssertionError("it must fail")


def run(pattern=""):
    """Runs the cases whose names match; in the order in which they stand."""
    wanted, ran = re.compile(pattern), 0
    for function in CASES:
        if not wanted.search(function.__name__):
            continue
        ran += 1
        try:
            function()
            print("ok", function.__name__)
        except BaseException as error:  # the report is the point
            note(traceback.format_exc())
            print(f"FAIL {function.__name__}: {error!r}".replace("\n", "\\n"))
        sys.stdout.flush()
    print("done", ran)
