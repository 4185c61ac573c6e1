# Whether two x86-64 files have the same instructions but for nops, as objdump reads them, and in how many bytes.
# SPDX-License-Identifier: Apache-2.0
import re
import subprocess
import sys


def code(name):
    instructions, nops = [], 0
    text = subprocess.run(["objdump", "-dw", name], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) < 3:
            continue
        insn = parts[2].strip()
        if "nop" in insn or re.fullmatch(r"xchg +%ax,%ax", insn):
            nops += 1
            continue
        # What an operand relative to rip means, not its distance; encodings of the same displacement.
        target = re.search(r"# ([0-9a-f]+)", insn)
        if target:
            insn = re.sub(r"-?0x[0-9a-f]+\(%rip\)", target.group(1) + "(%rip)", insn.split("#")[0])
        insn = re.sub(r"<.*", "", insn)
        insn = re.sub(r"\brex\b ?", "", insn)
        insn = re.sub(r"(?<![0-9a-f])0x0\(", "(", insn)
        instructions.append(re.sub(r"\s+", " ", insn).strip())
    return instructions, nops


before, before_nops = code(sys.argv[1])
after, after_nops = code(sys.argv[2])
different = [pair for pair in zip(before, after) if pair[0] != pair[1]]
for pair in different[:5]:
    print("%s | %s" % pair)
if len(before) != len(after):
    print("%d instructions, now %d" % (len(before), len(after)))
print("same" if not different and len(before) == len(after) else "different", before_nops, after_nops)
