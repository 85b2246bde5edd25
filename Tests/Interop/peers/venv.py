"""Goes on in the Python of ../.python, where lab/install has put what comes from PyPI."""
import os
import sys

HOME = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.python"))


def enter():
    python = f"{HOME}/bin/python3"
    if os.path.realpath(sys.prefix) == HOME:
        return
    if not os.path.exists(python):
        sys.exit("FAILED: pjsua2 and sippy are not installed: run Scripts/setup --interop")
    os.execv(python, [python, *sys.argv])
