#!/usr/bin/env python3
"""Properties of the verifier's table itself.

SPDX-License-Identifier: Apache-2.0

usage: check_table.py INSNS.DEF ROWS.TXT

Every row has an example; rows that overlap are a special case before its general one; a word
that a row allows is disassembled as what the row says it is.
"""
import re
import sys

import cases
import model

IMMH = 15 << 19


def rows(path):
    with open(path) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                columns = line.split(None, 9)
                mask = int("".join("01"[c in "01"] for c in columns[0]), 2)
                value = int("".join("01"[c == "1"] for c in columns[0]), 2)
                yield mask, value, columns[8], columns[9].strip(), "h" in columns[6].split(",")


# How the disassembler calls special cases of an instruction.
ALIASES = {
    "bfi": "bfm", "bfxil": "bfm", "bfc": "bfm", "sbfiz": "sbfm", "sbfx": "sbfm", "sxtb": "sbfm", "sxth": "sbfm",
    "sxtw": "sbfm", "ubfiz": "ubfm", "ubfx": "ubfm", "uxtb": "ubfm", "uxth": "ubfm", "cmn": "adds", "cmp": "subs",
    "neg": "sub", "negs": "subs", "tst": "ands", "cinv": "csinv", "cinc": "csinc", "cneg": "csneg", "cset": "csinc",
    "csetm": "csinv", "mul": "madd", "mneg": "msub", "smull": "smaddl", "smnegl": "smsubl", "umull": "umaddl",
    "umnegl": "umsubl", "ngc": "sbc", "ngcs": "sbcs", "sxtl": "sshll", "uxtl": "ushll",
}
# And those whose instruction depends on the operands.
SEVERAL = {
    "mov": "add orr movz movn umov ins dup", "mvn": "orn not", "lsl": "ubfm lsl", "lsr": "ubfm lsr", "asr": "sbfm asr",
    "ror": "extr ror",
}


def is_called(mnemonic, name):
    """Whether the row of that name can be the instruction of that mnemonic."""
    names = re.findall(r"[a-z][a-z0-9.]*", re.sub(r"\(.*", "", name).lower())
    atomic = re.fullmatch(r"(ld(?:add|clr|eor|set|[su]max|[su]min)|swp)(a|l|al)?[bh]?", mnemonic)
    tries = {mnemonic, re.sub("2$", "", mnemonic), ALIASES.get(mnemonic),
             ALIASES.get(re.sub("2$", "", mnemonic)), atomic and atomic.group(1),
             re.sub(r"^b\..*", "b.cond", mnemonic), *SEVERAL.get(mnemonic, "").split()}
    return any(n in tries for n in names)


def check_names(table, examples):
    words = sorted({w ^ 1 << bit for w in examples for bit in range(32)} | set(examples))
    bad = 0
    for word, insn in zip(words, model.disassemble(words)):
        row = next((r for r in table if word & r[0] == r[1]), None)
        if insn.undefined or model.destinations(insn) is None or not row or row[2] != "ok":
            continue
        if not is_called(insn.mnemonic, row[3]):
            print(f"{word:08x} is {insn.mnemonic}, not {row[3]}")
            bad += 1
    print("FAIL" if bad else "PASS", "rows are named for what they match")


def main():
    table = list(rows(sys.argv[1]))
    examples = [w[0] for w in cases.assemble([c[3] for c in cases.read(sys.argv[2]) if c[3]])]
    check_names(table, examples)
    shown = set()
    for word in examples:
        for n, (mask, value, _, _, _) in enumerate(table):
            if word & mask == value:
                shown.add(n)
                break
    missing = [r[3] for n, r in enumerate(table) if n not in shown]
    for name in missing:
        print(f"no example of {name}")
    print("FAIL" if missing else "PASS", "every row has an example")

    bad = 0
    for n, (mask, value, verdict, name, lanes) in enumerate(table):
        for other_mask, other_value, other_verdict, other_name, _ in table[:n]:
            if (value ^ other_value) & mask & other_mask:
                continue
            if lanes and other_mask & IMMH == IMMH and not other_value & IMMH:
                continue  # the check "h" keeps them apart
            if other_mask & mask == mask:
                continue
            if verdict == other_verdict != "ok":
                continue
            print(f"{other_name} and {name} overlap and neither is a special case of the other")
            bad += 1
    print("FAIL" if bad else "PASS", "rows that overlap are a special case before its general one")


if __name__ == "__main__":
    main()
