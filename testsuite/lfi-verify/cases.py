#!/usr/bin/env python3
"""Turns case files into the input of lfiv-drive.

SPDX-License-Identifier: Apache-2.0

usage: cases.py [--x86_64] [--tail] FILE...

A case is one line (empty lines and those that start with // are not):

    accept|reject PROFILE[,PROFILE...][: RULE] | INSTRUCTION [; INSTRUCTION]... [// comment]

PROFILE is what lfiv-drive takes, INSTRUCTION what gas takes (.inst for what it refuses), RULE a part of the message of
the first rejection.  A line "# NAME" starts a group.  --tail appends to each case the guard of x30
and the access through sp that close whatever one instruction can open.  --x86_64: the cases are
x86-64 code, each starts a bundle, and INSTRUCTION may have a label.
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
X86_TOOLS = os.environ.get("LFI_X86_BINUTILS", "x86_64-linux-gnu-")


def assemble(sequences, tools=TOOLS, header=ARCH):
    """The words of each sequence of instructions, by one run of the assembler."""
    pieces = assemble_bytes(sequences, tools, header)
    return [struct.unpack(f"<{len(p) // 4}I", p) for p in pieces]


def assemble_bytes(sequences, tools, header):
    """The bytes of each sequence of instructions, by one run of the assembler."""
    source = []
    for n, sequence in enumerate(sequences):
        source.append(header + f"case_{n}:\n" + "".join(f"\t{i}\n" for i in sequence) + f"end_{n}:\n")
    with tempfile.TemporaryDirectory() as d:
        obj, raw = os.path.join(d, "cases.o"), os.path.join(d, "cases.bin")
        run = subprocess.run([tools + "as", "-o", obj, "-"], input="".join(source),
                             stderr=subprocess.PIPE, universal_newlines=True)
        if run.returncode != 0:
            lines = "".join(source).split("\n")
            for number in re.findall(r":(\d+): Error", run.stderr)[:20]:
                sys.stderr.write(f"does not assemble: {lines[int(number) - 1]}\n")
            sys.exit(1)
        subprocess.run([tools + "objcopy", "-O", "binary", "-j", ".text", obj, raw], check=True)
        symbols = subprocess.run([tools + "nm", obj], check=True, stdout=subprocess.PIPE,
                                 universal_newlines=True).stdout
        with open(raw, "rb") as f:
            data = f.read()
    at = {name: int(a, 16) for a, name in re.findall(r"^([0-9a-f]+) t (\w+)$", symbols, re.M)}
    return [data[at[f"case_{n}"]:at[f"end_{n}"]] for n in range(len(sequences))]


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
            found = re.fullmatch(r"(accept|reject) ([\w,@-]+)(?:: ([^|]*?))? \|(.*)", line)
            if not found:
                sys.exit(f"{path}:{number}: not a case: {line}")
            expect, profiles, rule, code = found.groups()
            yield expect, profiles.split(","), rule, [i.strip() for i in code.split(";") if i.strip()]


def lines(path, tail, x86):
    cases = list(read(path))
    if x86:
        code = assemble_bytes([code for _, _, _, code in cases], X86_TOOLS, ".p2align 5, 0xcc\n")
        texts = [piece.hex() for piece in code]
    else:
        words = assemble([code + (TAIL if tail else []) for _, _, _, code in cases])
        texts = [" ".join(f"{w:08x}" for w in code) for code in words]
    for (expect, profiles, rule, _), text in zip(cases, texts):
        if expect == "#":
            yield f"# {profiles}"
            continue
        for profile in profiles:
            yield f"{expect} {profile} {text}" + (f" : {rule}" if rule else "")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    for name in arguments:
        if not name.startswith("--"):
            print("\n".join(lines(name, "--tail" in arguments, "--x86_64" in arguments)))
