"""A second implementation of the arm64 rules, written to test the first.

SPDX-License-Identifier: Apache-2.0

It shares nothing with liblfiv: it reads the text of a disassembler, where liblfiv matches
bits, so that a wrong field, a forgotten destination or an encoding taken for another one
shows as a disagreement.  The rules are those of docs/sandbox.md and have its numbers.
"""
import re
import struct
import subprocess
import tempfile

DRIFT, POST = 16384, 1024

# Instructions without a general destination register.
NO_DEST = set("""
nop yield bti udf brk cmp cmn tst ccmp ccmn fcmp fcmpe fccmp fccmpe b bl br blr ret cbz cbnz tbz tbnz
clrex dsb dmb isb msr dc prfm prfum
str strb strh stur sturb sturh sttr sttrb sttrh stp stnp stlr stlrb stlrh st1 st2 st3 st4
""".split())
for base in "add clr eor set smax smin umax umin".split():
    NO_DEST |= {"st" + base + order + size for order in ("", "l") for size in ("", "b", "h")}

# Those whose first operand is the destination, where it is a general register.
FIRST_DEST = set("""
adr adrp add adds sub subs mov neg negs and ands orr eor bic bics orn eon mvn movz movn movk
sbfm bfm ubfm sbfx ubfx sbfiz ubfiz bfi bfxil bfc sxtb sxth sxtw uxtb uxth lsl lsr asr ror extr
adc adcs sbc sbcs ngc ngcs csel csinc csinv csneg cset csetm cinc cinv cneg udiv sdiv
rbit rev rev16 rev32 clz cls madd msub mul mneg smaddl smsubl umaddl umsubl smull smnegl umull umnegl
smulh umulh mrs umov smov
fmov fcvtns fcvtnu fcvtps fcvtpu fcvtms fcvtmu fcvtzs fcvtzu fcvtas fcvtau scvtf ucvtf
ldr ldrb ldrh ldrsb ldrsh ldrsw ldur ldurb ldurh ldursb ldursh ldursw ldtr ldtrb ldtrh ldtrsb ldtrsh ldtrsw
ldxr ldxrb ldxrh ldaxr ldaxrb ldaxrh ldar ldarb ldarh
ld1 ld2 ld3 ld4 ld1r ld2r ld3r ld4r
stxr stxrb stxrh stlxr stlxrb stlxrh stxp stlxp
crc32b crc32h crc32w crc32x crc32cb crc32ch crc32cw crc32cx
""".split())
CAS = {"cas" + order + size for order in ("", "a", "l", "al") for size in ("", "b", "h")}
FIRST_DEST |= CAS
TWO_DEST = set("ldp ldnp ldpsw ldxp ldaxp casp caspa caspl caspal".split())
# The second operand is the destination.
SECOND_DEST = {op + order + size for op in "ldadd ldclr ldeor ldset ldsmax ldsmin ldumax ldumin swp".split()
               for order in ("", "a", "l", "al") for size in ("", "b", "h")}

SIMD = set("""
abs addhn addhn2 addp addv bif bit bsl cmeq cmge cmgt cmhi cmhs cmle cmlt cmtst cnt dup ext
fabd fabs facge facgt fadd faddp fcmeq fcmge fcmgt fcmle fcmlt fcsel fcvt fcvtl fcvtl2 fcvtn fcvtn2
fcvtxn fcvtxn2 fdiv fmadd fmax fmaxnm fmaxnmp fmaxnmv fmaxp fmaxv fmin fminnm fminnmp fminnmv fminp
fminv fmla fmls fmsub fmul fmulx fneg fnmadd fnmsub fnmul frecpe frecps frecpx frinta frinti frintm
frintn frintp frintx frintz frsqrte frsqrts fsqrt fsub ins mla mls movi mvni not pmul pmull pmull2
raddhn raddhn2 rev64 rshrn rshrn2 rsubhn rsubhn2 saba sabal sabal2 sabd sabdl sabdl2 sadalp saddl
saddl2 saddlp saddlv saddw saddw2 shadd shl shll shll2 shrn shrn2 shsub sli smax smaxp smaxv smin
sminp sminv smlal smlal2 smlsl smlsl2 smull2 sqabs sqadd sqdmlal sqdmlal2 sqdmlsl sqdmlsl2 sqdmulh
sqdmull sqdmull2 sqneg sqrdmulh sqrshl sqrshrn sqrshrn2 sqrshrun sqrshrun2 sqshl sqshlu sqshrn
sqshrn2 sqshrun sqshrun2 sqsub sqxtn sqxtn2 sqxtun sqxtun2 srhadd sri srshl srshr srsra sshl sshll
sshll2 sshr ssra ssubl ssubl2 ssubw ssubw2 subhn subhn2 suqadd sxtl sxtl2 tbl tbx trn1 trn2 uaba
uabal uabal2 uabd uabdl uabdl2 uadalp uaddl uaddl2 uaddlp uaddlv uaddw uaddw2 uhadd uhsub umax umaxp
umaxv umin uminp uminv umlal umlal2 umlsl umlsl2 umull2 uqadd uqrshl uqrshrn uqrshrn2 uqshl uqshrn
uqshrn2 uqsub uqxtn uqxtn2 urecpe urhadd urshl urshr ursqrte ursra ushl ushll ushll2 ushr usqadd
usra usubl usubl2 usubw usubw2 uxtl uxtl2 uzp1 uzp2 xtn xtn2 zip1 zip2
aese aesd aesmc aesimc sha1c sha1p sha1m sha1su0 sha1h sha1su1 sha256h sha256h2 sha256su0 sha256su1
sha512h sha512h2 sha512su0 sha512su1 eor3 rax1 xar bcax sqrdmlah sqrdmlsh sdot udot
""".split())

PAC_LINK = set("""paciaz paciasp pacibz pacibsp autiaz autiasp autibz autibsp xpaclri""".split())
PAC_X17 = set("""pacia1716 pacib1716 autia1716 autib1716""".split())

BARRIERS = set("oshld oshst osh nshld nshst nsh ishld ishst ish ld st sy".split())
READABLE = set("fpcr fpsr ctr_el0 dczid_el0 midr_el1".split()) | {
    f"id_aa64{r}_el1" for r in "pfr0 pfr1 zfr0 isar0 isar1 isar2 mmfr0 mmfr1 mmfr2".split()}
# Accesses that the architecture always performs.
NEVER_TOUCH = set("stxr stxrb stxrh stlxr stlxrb stlxrh stxp stlxp prfm prfum".split())
# Fields that must be ones (31) or zero and that the disassembler does not look at.
SHOULD_BE = [
    (r"smulh|umulh", 10, 31), (r"ldxr[bh]?|ldaxr[bh]?|stlr[bh]?|ldar[bh]?", 16, 31),
    (r"ldxr[bh]?|ldaxr[bh]?|stlr[bh]?|ldar[bh]?|stxr[bh]?|stlxr[bh]?|cas.*", 10, 31),
    (r"ldxp|ldaxp", 16, 31), (r"fcmpe? \w+, #0.0", 16, 0),
]
# Half-precision operands that need no FP16.
HALF_BASE = set("fcvt fcvtl fcvtl2 fcvtn fcvtn2".split())


def isa_of(mnemonic, operands):
    """The optional instruction set that the instruction belongs to."""
    if mnemonic.startswith("crc32"):
        return "crc32"
    if mnemonic.startswith("aes") or (mnemonic in ("pmull", "pmull2") and ".1q" in operands):
        return "aes"
    if mnemonic.startswith(("sha1", "sha256")):
        return "sha2"
    if mnemonic.startswith("sha512") or mnemonic in ("eor3", "rax1", "xar", "bcax"):
        return "sha3"
    if mnemonic in ("sqrdmlah", "sqrdmlsh"):
        return "rdm"
    if mnemonic in ("sdot", "udot"):
        return "dotprod"
    if (mnemonic.startswith("f") or mnemonic in ("scvtf", "ucvtf")) and mnemonic not in HALF_BASE:
        if re.search(r"(^|[ ,{])h\d|\.[248]?h\b", operands):
            return "fp16"
    return None


class Insn:
    """One disassembled word."""

    def __init__(self, text, word):
        self.undefined = False
        text = text.strip()
        if "undefined" in text or text.startswith(".inst") or "; note:" in text:
            self.undefined = True
            return
        text = text.split("\t//")[0].split("//")[0].strip()
        parts = text.split(None, 1)
        self.mnemonic = parts[0]
        self.operands = parts[1].strip() if len(parts) > 1 else ""
        self.memory = re.search(r"\[((?:x\d+|xzr|sp)\b[^\]]*)\](!?)(?:, (.*))?$", self.operands)
        before = self.operands[:self.memory.start()] if self.memory else self.operands
        self.args = [a.strip() for a in before.split(",") if a.strip()]
        if re.search(r"(^|[ {])([zp]\d|za\d?\b)", self.operands) or self.unpredictable():
            self.undefined = True
        if self.mnemonic in SIMD - FIRST_DEST and self.args and re.match(r"[wx]", self.args[0]):
            self.undefined = True
        for pattern, low, value in SHOULD_BE:
            if re.fullmatch(pattern, self.mnemonic) or re.fullmatch(pattern, " ".join(parts)):
                self.undefined |= (word >> low & 31) != value

    def unpredictable(self):
        """Overlaps of operands that the architecture leaves open."""
        m, a = self.mnemonic, self.args
        if m in ("ldp", "ldnp", "ldpsw", "ldxp", "ldaxp") and a[0] == a[1]:
            return True
        base = self.memory.group(1).split(",")[0] if self.memory else None
        if base and base != "sp" and m.startswith(("ld", "st")):
            data = [x.replace("w", "x") for x in a if x[0] in "wx"]
            if (self.memory.group(2) or self.memory.group(3)) and base in data:
                return True
            if m.startswith(("stx", "stlx")) and base == data[0]:
                return True
        return m.startswith(("stx", "stlx")) and a[0].replace("w", "x") in [x.replace("w", "x") for x in a[1:]]

    def is_memory_mnemonic(self):
        m = self.mnemonic
        return (m.startswith(("ld", "st", "swp", "prf")) or m in CAS or m.startswith("casp")) \
            and m not in ("stop",)


def general(name):
    """Number of a general register as it is written, 31 for sp; None for others and zero."""
    if name in ("sp", "wsp"):
        return 31
    m = re.fullmatch(r"[wx](\d+)", name)
    return int(m.group(1)) if m else None


def destinations(i):
    """General registers written, sp as 31; None if the instruction is not known."""
    m, regs = i.mnemonic, set()
    if m in PAC_LINK or m in ("bl", "blr"):
        return {30}
    if m in PAC_X17:
        return {17}
    if m in NO_DEST or m.startswith("b."):
        pass
    elif m in TWO_DEST:
        regs = {general(i.args[0]), general(i.args[1])}
    elif m in SECOND_DEST:
        regs = {general(i.args[1])}
    elif m in FIRST_DEST or m in SIMD:
        regs = {general(i.args[0])}
    else:
        return None
    if i.memory:
        inside, bang, post = i.memory.groups()
        if bang or post:
            regs.add(general(inside.split(",")[0].strip()))
    regs.discard(None)
    return regs


def number(text):
    return int(text.lstrip("#"), 0)


class Region:
    """The linear scan over one region."""

    def __init__(self, stores=False, published=False, ctxreg=True, isa=None):
        self.stores, self.published, self.ctxreg = stores, published, ctxreg
        self.isa = {"crc32", "aes", "sha2", "sha3", "rdm", "dotprod", "fp16"} if isa is None else isa
        self.link = self.drift = False

    def system(self, i):
        m, ops = i.mnemonic, i.operands
        if m == "mrs":
            return ops.split(", ")[1] in READABLE
        if m == "msr":
            return ops.split(", ")[0] in ("fpcr", "fpsr") and not ops.split(", ")[1].startswith("#")
        if m == "dc":
            return ops == "zva, x28"
        if m in ("dsb", "dmb"):
            return ops in BARRIERS
        if m in ("isb", "clrex"):
            return ops == ""
        if m == "bti":
            return ops in ("", "c", "j", "jc")
        return True

    def table_load(self, i):
        if self.published:
            found = re.fullmatch(r"x30, \[x27(?:, #(\d+))?\]", i.operands) if i.mnemonic == "ldr" else None
            return bool(found) and int(found.group(1) or 0) % 8 == 0 and int(found.group(1) or 0) < 256
        found = re.fullmatch(r"x30, \[x27, #-(\d+)\]", i.operands) if i.mnemonic == "ldur" else None
        return bool(found) and int(found.group(1)) % 8 == 0 and 8 <= int(found.group(1)) <= 256

    def context_slot(self, i):
        found = re.fullmatch(r"(x\d+|xzr), \[x25, #16\]", i.operands)
        return self.ctxreg and i.mnemonic in ("ldr", "str") and bool(found) \
            and found.group(1) not in ("x25", "x27", "x28")

    def access(self, i):
        """Rule 6; a message or None."""
        free = self.stores and not i.mnemonic.startswith(("st", "swp", "cas")) \
            and i.mnemonic not in SECOND_DEST
        if not i.memory:
            return None if free else "literal"
        if self.table_load(i) or self.context_slot(i):
            return None
        # An encoding of the context slot alone.
        if i.mnemonic in ("ldr", "str") and re.fullmatch(r"(x25|x27|x28), \[x25, #16\]", i.operands):
            return "slot"
        inside, bang, post = i.memory.groups()
        parts = [p.strip() for p in inside.split(",")]
        constant = len(parts) == 1 or parts[1].startswith("#")
        if post and not post.startswith("#"):
            constant = False
        if parts[0] == "sp" and constant:
            disp = number(parts[1]) if len(parts) > 1 else 0
            if self.drift:
                if -POST <= disp <= DRIFT:
                    if i.mnemonic not in NEVER_TOUCH:
                        self.drift = False
                elif not free:
                    return "displacement"
            return None
        if parts[0] == "x28" and constant:
            return None
        if re.fullmatch(r"x27, w(\d+|zr), uxtw", inside):
            return None
        return None if free else "operand"

    def guard(self, i):
        return i.mnemonic == "add" and re.fullmatch(r"(x28|x30|sp), x27, w(\d+|zr), uxtw", i.operands)

    def drift_amount(self, i):
        if i.mnemonic == "mov" and i.operands == "sp, sp":
            return 0
        found = re.fullmatch(r"sp, sp, #(0x[0-9a-f]+)(, lsl #12)?", i.operands)
        if i.mnemonic not in ("add", "sub") or not found:
            return None
        return int(found.group(1), 16) << (12 if found.group(2) else 0)

    def writes(self, i, regs):
        if 27 in regs or (25 in regs and self.ctxreg):
            return "reserved"
        if 28 in regs and not self.guard(i):
            return "x28"
        if 31 in regs:
            amount = self.drift_amount(i)
            index = i.memory and (i.memory.group(2) or (i.memory.group(3) or "").startswith("#"))
            if amount is not None and not self.published:
                if amount > DRIFT:
                    return "drift too large"
            elif not self.guard(i) and not index:
                return "sp"
            if self.drift:
                return "second drift"
            self.drift = amount is not None
        return None

    def step(self, i):
        """Why the instruction breaks a rule, or None."""
        if i.undefined:
            return "undefined"
        regs = destinations(i)
        if regs is None:
            return "not in the allow-list"
        if not self.system(i):
            return "system"
        isa = isa_of(i.mnemonic, i.operands)
        if isa and isa not in self.isa:
            return "isa"
        if i.is_memory_mnemonic():
            why = self.access(i)
            if why:
                return why
        why = self.writes(i, regs)
        if why:
            return why
        m = i.mnemonic
        if m in ("b", "bl", "br", "blr", "ret", "cbz", "cbnz", "tbz", "tbnz") or m.startswith("b."):
            target = i.operands or "x30"
            if m in ("br", "blr", "ret") and target not in ("x28", "x30"):
                return "target"
            uses = m in ("br", "blr", "ret") and target == "x30"
            if self.link and (uses or 30 not in regs):
                return "link"
            if self.drift:
                return "drift at branch"
            self.link = False
        elif 30 in regs:
            self.link = not (self.guard(i) or self.table_load(i))
        return None

    def verify(self, insns):
        for i in insns:
            if self.step(i):
                return False
        return not self.link and not self.drift


def disassemble(words, objdump="aarch64-linux-gnu-objdump"):
    """Each word as an Insn."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"".join(struct.pack("<I", w) for w in words))
        f.flush()
        out = subprocess.run([objdump, "-D", "-z", "-b", "binary", "-m", "aarch64", f.name], check=True,
                             stdout=subprocess.PIPE, universal_newlines=True).stdout
    lines = [l.split("\t", 2)[2] for l in out.splitlines() if re.match(r"\s*[0-9a-f]+:\t", l)]
    assert len(lines) == len(words), "one line of text for each word"
    return [Insn(text, word) for text, word in zip(lines, words)]
