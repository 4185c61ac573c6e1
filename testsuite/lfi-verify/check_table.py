#!/usr/bin/env python3
"""Properties of the verifier's table itself.

SPDX-License-Identifier: Apache-2.0

usage: check_table.py INSNS.DEF ROWS.TXT

Every row has an example, no row is hidden by an earlier one, and rows that overlap are a
special case before its general one.
"""
import sys

import cases

IMMH = 15 << 19


def rows(path):
    with open(path) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                columns = line.split(None, 9)
                mask = int("".join("01"[c in "01"] for c in columns[0]), 2)
                value = int("".join("01"[c == "1"] for c in columns[0]), 2)
                yield mask, value, columns[8], columns[9].strip(), "h" in columns[6].split(",")


def main():
    table = list(rows(sys.argv[1]))
    examples = [w[0] for w in cases.assemble([c[3] for c in cases.read(sys.argv[2]) if c[3]])]
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
