"""What a case found: a line for each check, and its exit status."""
import atexit
import concurrent.futures
import os
import sys
import threading
import time
import traceback

_began = time.time()
_lock = threading.Lock()
_failed, _passed = [], 0


def check(name, holds, detail=""):
    """Tells whether something held, goes on, and remembers it for `end`."""
    global _passed
    with _lock:
        if holds:
            _passed += 1
        else:
            _failed.append(f"{name}{': ' if detail else ''}{detail}")
        print(f"RESULT {'ok    ' if holds else 'FAILED'} {name}{': ' if detail else ''}{detail}", flush=True)
    return bool(holds)


def together(*stories, limit=16):
    """Runs stories at the same time, each on addresses of its own; one that raises has failed."""
    with concurrent.futures.ThreadPoolExecutor(limit) as pool:
        list(pool.map(story, stories))


def story(tells):
    """Runs a story at once; one that raises has failed. Usable as a decorator."""
    try:
        tells()
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)
        print("".join(traceback.format_exception(error)), file=sys.stderr)
        check(tells.__name__, False, f"{error!r} at line {where[-1].lineno} of {where[-1].filename.split('/')[-1]}")
    return tells


def end(at_once=False):
    """Ends the case: 0 when every check held. Those that did not come last, as the end of a log is what is shown.

    `at_once`: without what pjsip does when Python takes it apart.
    """
    if _failed and _passed:
        print("--- what did not hold")
    for line in _failed:
        print(f"FAILED {line}")
    print(f"{_passed} of {_passed + len(_failed)} checks held, {time.time() - _began:.0f} s", flush=True)
    status = 1 if _failed or not _passed else 0
    if at_once:
        atexit._run_exitfuncs()
        os._exit(status)
    sys.exit(status)
