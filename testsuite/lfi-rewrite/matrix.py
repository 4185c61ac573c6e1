"""Every combination of the options that describe a profile.

usage: matrix.py LFI-REWRITE ARCH      each line is "legal PROFILE OPTIONS" or "refused STATUS LINES OPTIONS: MESSAGE"
SPDX-License-Identifier: Apache-2.0
"""
import itertools
import re
import subprocess
import sys

AXES = (
    ("", "--sandbox=full", "--sandbox=stores", "--sandbox=bundle-jumps", "--sandbox=none"),
    ("", "--cfi=bundle16", "--cfi=bundle32"),
    ("", "--no-segue"),
    ("", "--single-thread"),
    ("", "--meter=branch", "--meter=branch-resume", "--meter=timer", "--meter=fp"),
    ("", "--poc"),
    ("", "--spec"),
    ("", "--sys-external"),
)

tool, arch = sys.argv[1:]
for choice in itertools.product(*AXES):
    options = [option for option in choice if option]
    r = subprocess.run([tool, "-a", arch, *options], input="\tnop\n", capture_output=True, text=True)
    profile = re.search(r"__lfi_profile_([a-z0-9-]+)", r.stdout)
    if r.returncode == 0 and profile and not r.stderr:
        print("legal", profile[1], *options)
    else:
        print("refused", r.returncode, r.stderr.count("\n"), *options, ":", r.stderr.strip())
