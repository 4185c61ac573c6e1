"""Mutants of the tables of the x86-64 verifier, for check-mutants.

SPDX-License-Identifier: Apache-2.0

Each generator yields (start, end, replacement, description) for the text of a table.
"""
import re

OTHER_KIND = {"movs": "stos", "stos": "scas", "scas": "-", "cmps": "scas", "lods": "-"}
OTHER_IMMEDIATE = {"b": "z", "z": "b", "v": "z", "rel8": "rel32", "rel32": "rel8"}
BASES = ["segment", "register", "zero", "slot"]
MORE_REGISTERS = {"low": ["any"], "r8-13": ["r8-14", "r8-15"], "r8-14": ["r8-15"], "r8-13,!12": ["r8-13"]}
# What a kind of macro does to a drift; of the others only the steps count.  With base 0 there is none.
OTHER_EFFECT = {"jump": "call", "call": "jump", "ret": "jump", "rtcall": "call", "sp": "string"}


def columns(line):
    """The columns of a row and its name, with their positions."""
    return [(m.group(), m.start(), m.end()) for m in re.finditer(r"\S+", line)][:11]


def prefix_changes(prefixes):
    """(new text, description): an alternative dropped, or a part of one."""
    alternatives = prefixes.split(",")
    for n, alternative in enumerate(alternatives):
        before, after = alternatives[:n], alternatives[n + 1:]
        if len(alternatives) > 1:
            yield ",".join(before + after), f"prefixes {alternative} dropped"
        for part in alternative.split("."):
            rest = ".".join(p for p in alternative.split(".") if p != part) or "-"
            if part != "-":
                yield ",".join(before + [rest] + after), f"{part} of {alternative} dropped"


def form_changes(form):
    if "/" in form:
        yield form[0], "reg field not looked at"
    if form[0] == "=":
        yield "r", "ModRM byte not looked at"
    elif form[0] == "x":
        yield "m" + form[1:], "only memory"
        yield "r" + form[1:], "only registers"
    elif form[0] in "rm":
        yield "x" + form[1:], "registers and memory"


def write_changes(writes):
    parts = [] if writes == "-" else writes.split(",")
    for part in parts:
        yield ",".join(p for p in parts if p != part) or "-", f"destination {part} dropped"
        if part in ("r", "m", "o"):
            yield ",".join(p + "b" if p == part else p for p in parts), f"destination {part} is a byte"
        if part in ("rb", "mb", "ob"):
            yield ",".join(p[0] if p == part else p for p in parts), f"destination {part} is no byte"


def access_changes(access):
    if access == "-":
        return
    yield "-", "access dropped"
    if "w" in access:
        yield "r", f"access {access} is r"
    if "l" in access:
        yield access[:-1], "lock dropped"
    elif "w" in access:
        yield access + "l", "lock added"


def row_changes(line):
    """(column index, new text, description) for one row; None deletes the row."""
    _, prefixes, form, imm, writes, access, touch, kind, isa, verdict = [c[0] for c in columns(line)][:10]
    yield None, None, "deleted"
    yield 9, ("extension" if verdict == "ok" else "ok"), "verdict inverted"
    if verdict != "ok":
        return
    for column, changes in ((1, prefix_changes(prefixes)), (2, form_changes(form)), (4, write_changes(writes)),
                            (5, access_changes(access))):
        for new, what in changes:
            yield column, new, what
    if imm != "-":
        yield 3, "-", "immediate dropped"
        yield 3, OTHER_IMMEDIATE[imm], "immediate of another size"
    yield 6, {"yes": "-", "-": "yes"}[touch], f"touch {touch} inverted"
    if kind != "-":
        yield 7, OTHER_KIND.get(kind, "-"), f"kind {kind} is {OTHER_KIND.get(kind, '-')}"
    for part in [] if isa == "-" else isa.split(","):
        rest = ",".join(p for p in isa.split(",") if p != part) or "-"
        yield 8, "avx" if isa == "avx12" else rest, f"instruction set {part} dropped"


def rows(text):
    """The rows of a table and where they start."""
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            yield at, line
        at += len(line)


def insn_mutants(text):
    for at, line in rows(text):
        cells = columns(line)
        name = f"{line[cells[10][1]:].strip()} [{' '.join(c[0] for c in cells[:3])}]"
        for column, new, what in row_changes(line):
            if column is None:
                yield at, at + len(line), "", f"{name}: {what}"
            else:
                yield at + cells[column][1], at + cells[column][2], new, f"{name}: {what}"


def macro_mutants(text):
    """A row deleted, another effect, a condition dropped, another base, a byte or slot that may be any."""
    for at, line in rows(text):
        effect, base, when, registers, *code = line.split()
        name = " ".join(line.split())
        yield at, at + len(line), "", f"{name}: deleted"
        if effect in OTHER_EFFECT and base != "zero":
            yield at, at + len(effect), OTHER_EFFECT[effect], f"{name}: is {OTHER_EFFECT[effect]}"

        def row(bases=base, when=when, registers=registers, code=code):
            return " ".join([effect, bases, when, registers, *code]) + "\n"

        bases = base.split(",")
        # No profile meters code with another base.
        for other in ["segment"] if when == "meter" else BASES:
            new = [b for b in bases if b != other] if other in bases else [*bases, other]
            if new:
                yield at, at + len(line), row(bases=",".join(new)), f"{name}: {'not ' * (other in bases)}for {other}"
        if when != "-":
            yield at, at + len(line), row(when="-"), f"{name}: always"
        for new in MORE_REGISTERS.get(registers, []):
            yield at, at + len(line), row(registers=new), f"{name}: registers {new}"
        for n, token in enumerate(code):
            if token == "BASE":
                yield at, at, row(code=[*code[:n], "SLOT", *code[n + 1:]]), f"{name}: any slot for BASE"
            if not re.fullmatch(r"[0-9a-f]{2}(\+8?x)?", token):
                continue
            more = [row(code=[*code[:n], f"{byte:02x}", *code[n + 1:]]) for byte in range(256)]
            yield at, at, "".join(more), f"{name}: byte {n} not looked at"
