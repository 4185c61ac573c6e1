"""User seconds and peak memory (KiB) of one run of a command.

SPDX-License-Identifier: Apache-2.0

usage: measure.py INPUT OUTPUT ERRORS COMMAND [ARGUMENT...]
"""
import os
import sys

source, output, errors, *command = sys.argv[1:]
pid = os.fork()
if pid == 0:
    for number, path, flags in (0, source, os.O_RDONLY), (1, output, os.O_WRONLY), (2, errors, os.O_WRONLY):
        os.dup2(os.open(path, flags | (os.O_CREAT | os.O_TRUNC if number else 0), 0o666), number)
    os.execvp(command[0], command)
_, status, usage = os.wait4(pid, 0)
print(f"{usage.ru_utime:.4f} {usage.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status) != 0)
