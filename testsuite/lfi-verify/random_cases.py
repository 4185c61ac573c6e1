#!/usr/bin/env python3
"""Cases for lfiv-drive at random, each with the verdict of the second implementation.

SPDX-License-Identifier: Apache-2.0

usage: random_cases.py SEED VARIANTS SEQUENCES WORDS EXAMPLES

Every word one bit away from an example of the file EXAMPLES, every one with a register that matters
in a register field, VARIANTS more words near each
(other registers, other fields, a few flipped bits), SEQUENCES short regions made of the instructions that open, close or depend on the
state of the scan, and WORDS words drawn from all 2^32.  The examples are not read from the table
under test, so a row that is missing there is missed.
"""
import random
import sys

import cases
import model

ISAS = "crc32 aes sha2 sha3 rdm dotprod fp16".split()
PROFILES = {
    "full": {}, "stores": {"stores": True}, "spec": {"published": True},
    "spec-stores": {"published": True, "stores": True}, "full-ctxreg": {"ctxreg": False},
    "stores-ctxreg": {"stores": True, "ctxreg": False},
}
PROFILES.update({f"full-{i}": {"isa": set(ISAS) - {i}} for i in ISAS})
NAMES = list(PROFILES)
WEIGHTS = [8, 4, 3, 2, 1, 1] + [1] * len(ISAS)
REGISTERS = [31, 30, 28, 27, 25, 0, 1, 17, 26]
DISPLACEMENTS = [0, 1, 2, 3, 4, 8, 31, 32, 0x200, 0x7ff, 0x800, 0x801, 0xff8, 0xfff]

# What moves sp and x30, what closes, what looks like it.
STATE = """
sub sp, sp, #16|add sp, sp, #16|sub sp, sp, #4, lsl #12|add sp, sp, #5, lsl #12|mov sp, sp
add sp, x27, w0, uxtw|add x30, x27, w30, uxtw|add x28, x27, w1, uxtw|add x30, x27, w0, uxtw #1
ldr x0, [sp]|str x0, [sp, #16384]|str x0, [sp, #16392]|ldr x0, [sp, #8]!|ldp x29, x30, [sp], #32
stp x29, x30, [sp, #-32]!|stp q0, q1, [sp, #-1024]|stxr w0, x1, [sp]|stxr w30, x1, [sp]|ldar x30, [sp]
prfm pldl1keep, [sp]|prfm pldl1keep, [sp, #32760]|ldr x0, [sp, x1]|st1 {v0.16b}, [sp], #16
ldr x30, [x28]|ldur x30, [x27, #-8]|ldr x30, [x27, #8]|ldr x30, [x25, #16]|str x30, [x25, #16]
mov x30, x0|mov x0, x30|paciasp|nop|brk #0|swp x0, x30, [sp]|cas x0, x30, [sp]|ldr x0, [x1], #8
b .|b.eq .|cbz x30, .|tbz x0, #0, .|bl .|blr x28|blr x30|br x28|br x30|ret
""".replace("\n", "|").strip("|").split("|")


def variant(word):
    """A word near another one."""
    for low in (0, 5, 10, 16):
        if random.random() < 0.3:
            word = word & ~(31 << low) | random.choice(REGISTERS) << low
    if random.random() < 0.15:
        word = word & ~(0xfff << 10) | random.choice(DISPLACEMENTS) << 10
    if random.random() < 0.3:
        word = word & ~(0x7ff << 10) | random.getrandbits(11) << 10
    for _ in range(random.choice([0, 0, 1, 1, 1, 2, 3])):
        word ^= 1 << random.randrange(32)
    return word


def on_stack(word):
    """Words like the one given that access memory through sp, if its kind does."""
    word = word & ~(31 << 5) | 31 << 5
    return [word, word | 0xfff << 10, word & ~(0xfff << 10) | 0x800 << 10, word & ~(0xfff << 10) | 0x801 << 10,
            word & ~(0xfff << 10) | random.getrandbits(12) << 10]


def lanes(word):
    """The word with every size of lanes, in a half and in a full vector."""
    if word >> 25 & 7 != 7:
        return []  # not floating point or SIMD
    fields = [(3 << 22, [n << 22 for n in range(4)]), (15 << 19, [n << 19 for n in (0, 1, 2, 4, 8)]),
              (31 << 16, [n << 16 for n in (0, 1, 2, 4, 8, 16)])]
    return [word & ~(1 << 30) & ~mask | q << 30 | v for mask, values in fields for v in values for q in (0, 1)]


def main():
    seed, variants, sequences, words = map(int, sys.argv[1:5])
    random.seed(seed)
    tail = list(cases.assemble([cases.TAIL])[0])
    listed = [c for c in cases.read(sys.argv[5]) if c[3]]
    examples = [w[0] for w in cases.assemble([c[3] for c in listed])]
    drift, link, ret = cases.assemble([["sub sp, sp, #16", "mov x30, x0", "ret"]])[0]
    guard, touch = tail
    state = [w[0] for w in cases.assemble([[i] for i in STATE])]
    # Loads are not confined there, so whatever else a row forgets shows.
    loose = ["spec-stores" if c[1] == ["spec"] else "stores" for c in listed]
    groups = {
        "words one bit away": [(p, [w ^ 1 << bit] + tail) for p, w in zip(loose, examples) for bit in range(32)],
        "registers that matter": [(p, [w & ~(31 << low) | r << low] + tail) for p, w in zip(loose, examples)
                                  for low in (0, 5, 10, 16) for r in (31, 30, 28, 27, 25)],
        "equal registers": [(p, [w & ~(31 << to) | (w >> at & 31) << to] + tail) for p, w in zip(loose, examples)
                            for at in (0, 5, 10, 16) for to in (0, 5, 10, 16) if at != to],
        "without an instruction set": [(f"full-{i}", [w] + tail) for w in examples for i in ISAS],
        "sizes of lanes": [(p, [v] + tail) for p, w in zip(loose, examples) for v in lanes(w)],
        "words near examples": [(None, [variant(w)] + tail) for w in examples for _ in range(variants)],
        "words after a drift": [(p, [drift, v, guard] + end) for p in ("full", "stores") for w in examples
                                for v in on_stack(w) for end in ([], [touch])],
        "words before a return": [(p, [w, touch, ret]) for p, w in zip(loose, examples)],
        "words after a write of x30": [(p, [link, w] + tail) for p, w in zip(loose, examples)],
        "words at random": [(None, [random.getrandbits(32)] + tail) for _ in range(words)],
        "sequences": [(None, random.choices(state, k=random.randint(1, 5))) for _ in range(sequences)],
    }
    distinct = sorted({w for regions in groups.values() for _, r in regions for w in r})
    insns = dict(zip(distinct, model.disassemble(distinct)))
    for group, regions in groups.items():
        print(f"# {group}")
        for name, region in regions:
            name = name or random.choices(NAMES, WEIGHTS)[0]
            ok = model.Region(**PROFILES[name]).verify([insns[w] for w in region])
            print("accept" if ok else "reject", name, " ".join(f"{w:08x}" for w in region))


if __name__ == "__main__":
    main()
