"""Runs the examples of the manual and compares what they print.

usage: examples.py DOCUMENT ARCH PROFILE...
Each example is a block of the document that is indented by four behind a line <!-- example: NAME [PROFILE [native]] -->;
native: with a program for the machine of ARCH, which must be this one.  Those of a document share a directory, where the
files of examples/ are.  Lines
that begin with "$ " are commands; what follows is what they print, "..." being anything.  What "cat FILE" prints where
there is no such file is what the file has.  Commands are for x86_64; ARCH replaces that.  Prints "ok NAME", "lacks NAME
PROFILE" for a profile that is not among those given, or "FAIL NAME" and what was printed.
SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

MARK = "---- end of command ----"


def examples(text):
    pattern = r"^<!-- example: (\S+)(?: (\S+))?(?: (native))? -->\n\n?((?:    .*\n|\n)+)"
    for name, profile, native, block in re.findall(pattern, text, re.M):
        yield name, profile, native, [line[4:] for line in block.rstrip("\n").split("\n")]


def commands(lines):
    """Pairs of a command and what it prints."""
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    while found and found[-1][1] and not found[-1][1][-1]:
        found[-1][1].pop()
    return [(command, "".join(line + "\n" for line in printed)) for command, printed in found]


def make_files(steps, directory):
    for command, printed in steps:
        m = re.fullmatch(r"cat (\S+)", command)
        path = os.path.join(directory, m[1]) if m else None
        if path and not os.path.exists(path):
            with open(path, "w") as f:
                f.write(printed)


def matches(expected, printed):
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("...")), printed, re.S)


def run(steps, directory):
    """What went wrong, or None."""
    script = "s=0\n" + "".join(f"(exit $s)\n{command}\ns=$?\necho '{MARK}'\n" for command, printed in steps)
    r = subprocess.run(["bash"], input=script, cwd=directory, timeout=120, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    outputs = r.stdout.split(MARK + "\n")
    for (command, expected), printed in zip(steps, outputs):
        if not matches(expected, printed):
            return f"$ {command}\n{printed}"
    return None if len(outputs) == len(steps) + 1 else r.stdout


def main():
    document, arch, *profiles = sys.argv[1:]
    text = open(document).read().replace("x86_64", arch)
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(os.path.join(os.path.dirname(document), "..", "examples"), directory, dirs_exist_ok=True)
        for name, profile, native, lines in examples(text):
            steps = commands(lines)
            make_files(steps, directory)
            if native and arch != os.uname().machine:
                continue
            if profile and profile not in profiles:
                print(f"lacks {name} {profile}")
                continue
            wrong = run(steps, directory)
            print(f"FAIL {name}\n{wrong}" if wrong else f"ok {name}")


main()
