# Runs modules of Python's own tests in this one process and writes how each of their tests ended.
# SPDX-License-Identifier: Apache-2.0
# usage: python python-tests.py TABLE KIND RESULTS     the modules that TABLE (python-tests.tab) has as of KIND
import fnmatch
import importlib
import os
import sys
import threading
import time
import traceback

table, kind, results = sys.argv[1:]
del sys.path[0]
# A box has no other processes; what needs one is skipped outside of a box too.
for name in "fork", "forkpty", "posix_spawn", "posix_spawnp":
    delattr(os, name)
# The same places and user on both sides; nothing of the host's is asked.
os.environ.clear()
os.environ.update(HOME=os.getcwd(), TMPDIR=os.getcwd(), PATH=os.getcwd())
# What musl gives a thread, 128 KiB, is too little for this interpreter.
threading.stack_size(1 << 20)

import unittest
from test import support
from test.support import import_helper, socket_helper

support.has_subprocess_support = False
support.use_resources = []
socket_helper._bind_nix_socket_error = OSError("sockets with names are files of the host")
support.verbose = 0
support.record_original_stdout(sys.stdout)

from test.libregrtest.save_env import saved_test_environment


class Result(unittest.TestResult):
    """One line for each test, whatever its parts were."""

    def __init__(self, out, without):
        super().__init__()
        self.out = out
        self.without = without
        self.word = None

    def say(self, word, test):
        print(f"{word}: {test.id().removeprefix('test.')}", file=self.out, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.word = "PASS"

    def stopTest(self, test):
        super().stopTest(test)
        self.say(self.word, test)
        self.word = None

    def ended(self, word, test):
        # Without a test it is what prepares a class or a module.
        if self.word is None:
            self.say(word, test)
        elif self.word != "FAIL":
            self.word = word

    def failed(self, test, error):
        self.ended("FAIL", test)
        print(f"{test.id()}: {self._exc_info_to_string(error, test) if error else ''}", file=sys.stderr, flush=True)

    def addError(self, test, error):
        self.failed(test, error)

    def addFailure(self, test, error):
        self.failed(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.failed(test, error)

    def addSkip(self, test, reason):
        if not isinstance(test, unittest.case._SubTest):
            self.ended("SKIP", test)

    def addUnexpectedSuccess(self, test):
        self.ended("FAIL", test)


def tests_of(suite, without):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test, without)
        elif not any(fnmatch.fnmatchcase(test.id().removeprefix("test."), pattern) for pattern in without):
            yield test


def run_suite(suite, result):
    unittest.TestSuite(tests_of(suite, result.without)).run(result)


def run_module(name, result):
    print(f"module: {name}", file=result.out, flush=True)
    start = time.monotonic()
    modules = set(sys.modules)
    with saved_test_environment(name, 0, True):
        try:
            module = importlib.import_module("test." + name)
            # The older ones have a function that chooses and runs them.
            if hasattr(module, "test_main"):
                module.test_main()
            else:
                run_suite(unittest.defaultTestLoader.loadTestsFromModule(module), result)
        except unittest.SkipTest:
            print(f"SKIP: {name}", file=result.out)
        except Exception:
            print(f"FAIL: {name}", file=result.out)
            traceback.print_exc()
    for module in set(sys.modules) - modules:
        if module.startswith("test."):
            import_helper.unload(module)
    support.gc_collect()
    print(f"{name}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def main():
    rows = [line.partition("#")[0].split() for line in open(table)]
    rows = [row for row in rows if row]
    without = {row[1] for row in rows if row[0] == "without"}
    with open(results, "w") as out:
        result = Result(out, without)
        support._run_suite = lambda suite: run_suite(suite, result)
        for what, name in rows:
            if what == kind:
                run_module(name, result)


main()
