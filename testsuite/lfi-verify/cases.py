#!/usr/bin/env python3
"""Turns case files into the input of lfiv-drive.

SPDX-License-Identifier: Apache-2.0

usage: cases.py [--tail] FILE...

A case is one line (empty lines and those that start with // are not):

    accept|reject PROFILE[,PROFILE...][: RULE] | INSTRUCTION [; INSTRUCTION]... [// comment]

INSTRUCTION is what gas takes (.inst for what it refuses), RULE a part of the message of
the first rejection.  A line "# NAME" starts a group.  --tail appends to each case the guard of x30
and the access through sp that close whatever one instruction can open.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

ARCH = ".arch armv8.6-a+crypto+sha3+sm4+fp16+memtag+pauth+lse+crc+rdma+dotprod+sve\n"
TAIL = ["add x30, x27, w30, uxtw", "ldr xzr, [sp]"]
TOOLS = os.environ.get("LFI_BINUTILS", "aarch64-linux-gnu-")


def assemble(sequences):
    """The words of each sequence of instructions, by one run of the assembler."""
    source = [ARCH]
    for n, sequence in enumerate(sequences):
        source.append(f"case_{n}:\n" + "".join(f"\t{i}\n" for i in sequence))
    source.append(f"case_{len(sequences)}:\n")
    with tempfile.TemporaryDirectory() as d:
        obj, raw = os.path.join(d, "cases.o"), os.path.join(d, "cases.bin")
        run = subprocess.run([TOOLS + "as", "-o", obj, "-"], input="".join(source),
                             stderr=subprocess.PIPE, universal_newlines=True)
        if run.returncode != 0:
            lines = "".join(source).split("\n")
            for number in re.findall(r":(\d+): Error", run.stderr)[:20]:
                sys.stderr.write(f"does not assemble: {lines[int(number) - 1]}\n")
            sys.exit(1)
        subprocess.run([TOOLS + "objcopy", "-O", "binary", "-j", ".text", obj, raw], check=True)
        symbols = subprocess.run([TOOLS + "nm", obj], check=True, stdout=subprocess.PIPE,
                                 universal_newlines=True).stdout
        with open(raw, "rb") as f:
            data = f.read()
    at = {int(n): int(a, 16) for a, n in re.findall(r"^([0-9a-f]+) t case_(\d+)$", symbols, re.M)}
    return [struct.unpack(f"<{(at[n + 1] - at[n]) // 4}I", data[at[n]:at[n + 1]])
            for n in range(len(sequences))]


def read(path):
    """The cases of a file: (expectation, profiles, rule, instructions), and its groups:
    ("#", name, None, [])."""
    with open(path) as f:
        for number, line in enumerate(f, 1):
            line = line.split("//")[0].strip()
            if line.startswith("# "):
                yield "#", line[2:], None, []
            if not line or line.startswith("#"):
                continue
            found = re.fullmatch(r"(accept|reject) ([\w,-]+)(?:: ([^|]*?))? \|(.*)", line)
            if not found:
                sys.exit(f"{path}:{number}: not a case: {line}")
            expect, profiles, rule, code = found.groups()
            yield expect, profiles.split(","), rule, [i.strip() for i in code.split(";") if i.strip()]


def lines(path, tail):
    cases = list(read(path))
    words = assemble([code + (TAIL if tail else []) for _, _, _, code in cases])
    for (expect, profiles, rule, _), code in zip(cases, words):
        if expect == "#":
            yield f"# {profiles}"
            continue
        for profile in profiles:
            yield f"{expect} {profile} " + " ".join(f"{w:08x}" for w in code) + (f" : {rule}" if rule else "")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    closed = "--tail" in arguments
    for name in arguments:
        if name != "--tail":
            print("\n".join(lines(name, closed)))
