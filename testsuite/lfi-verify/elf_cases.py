#!/usr/bin/env python3
"""Writes ELF images, each broken in one way, and what must be said about each.

SPDX-License-Identifier: Apache-2.0

usage: elf_cases.py DIRECTORY

Writes the images into DIRECTORY and prints the input of lfiv-elf: lines
"PAGESIZE FILE ok|REASON" and "@ADDRESS FILE NAME+DISTANCE|none".
"""
import os
import struct
import sys

PF_X, PF_W, PF_R = 1, 2, 4
LOAD, DYNAMIC, INTERP, NOTE, PHDR, STACK = 1, 2, 3, 4, 6, 0x6474e551
NOTE_DESC = struct.pack("<HBBBBBBBBBBI16s", 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0x7f, b"full")
X86_DESC = struct.pack("<HBBBBBBBBBBI16s", 1, 2, 1, 32, 2, 2, 1, 1, 0, 1, 1, 0x1ff, b"full")


def note(desc=NOTE_DESC, kind=1, owner=b"LFI\0"):
    return struct.pack("<III", len(owner), len(desc), kind) + owner + desc


class Phdr:
    """A program header, by field."""

    def __init__(self, kind, flags, offset, vaddr, filesz, memsz=None, align=0x1000):
        self.kind, self.flags, self.offset, self.vaddr = kind, flags, offset, vaddr
        self.filesz, self.memsz, self.align = filesz, filesz if memsz is None else memsz, align

    def pack(self):
        m = (1 << 64) - 1
        return struct.pack("<IIQQQQQQ", self.kind & 0xffffffff, self.flags & 0xffffffff, self.offset & m,
                           self.vaddr & m, self.vaddr & m, self.filesz & m, self.memsz & m, self.align)


class Image:
    """A valid image; a case changes fields before it is written.

    0x0000 headers, interpreter, note (R); 0x1000 code (RX); 0x2000 dynamic section, data (RW);
    0x3000 sections, symbols and strings, not loaded.
    """

    def __init__(self):
        self.ehdr = {"magic": b"\177ELF", "class": 2, "data": 1, "iversion": 1, "type": 3, "machine": 183,
                     "version": 1, "entry": 0x1000, "phoff": 64, "shoff": 0x3000, "ehsize": 64,
                     "phentsize": 56, "phnum": None, "shentsize": 64, "shnum": 4}
        self.rodata = Phdr(LOAD, PF_R, 0, 0, 0x800)
        self.text = Phdr(LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x20)
        self.data = Phdr(LOAD, PF_R | PF_W, 0x2000, 0x2000, 0x100, 0x400)
        self.dynamic = Phdr(DYNAMIC, PF_R | PF_W, 0x2000, 0x2000, 0x40)
        self.interp = Phdr(INTERP, PF_R, 0x600, 0x600, 8)
        self.note = Phdr(NOTE, PF_R, 0x680, 0x680, len(note()))
        self.stack = Phdr(STACK, PF_R | PF_W, 0, 0, 0, 0x20000)
        self.phdrs = [Phdr(PHDR, PF_R, 64, 64, 0), self.interp, self.rodata, self.text, self.data,
                      self.dynamic, self.note, self.stack]
        self.bytes = {0x600: b"/lib/ld\0", 0x680: note(), 0x1000: struct.pack("<I", 0xd65f03c0) * 8,
                      0x2000: struct.pack("<QQQQQQ", 5, 0, 30, 8, 0, 0)}
        self.symbols = [(0, 0, 0, 0, 0), (1, 0x12, 2, 0x1000, 0x10), (7, 0x12, 2, 0x1010, 0),
                        (12, 0x11, 2, 0x2000, 8)]
        self.strings = b"\0first\0second\0data\0"
        self.sections = None
        self.size = None

    def build(self):
        e = self.ehdr
        phnum = len(self.phdrs) if e["phnum"] is None else e["phnum"]
        head = e["magic"] + bytes([e["class"], e["data"], e["iversion"]]) + b"\0" * 9
        head += struct.pack("<HHIQQQIHHHHHH", e["type"], e["machine"], e["version"], e["entry"], e["phoff"],
                            e["shoff"], 0, e["ehsize"], e["phentsize"], phnum, e["shentsize"], e["shnum"], 0)
        out = bytearray(0x4000)
        out[0:64] = head
        table = b"".join(p.pack() for p in self.phdrs)
        out[64:64 + len(table)] = table
        symtab = b"".join(struct.pack("<IBBHQQ", n, i, 0, s, v, z) for n, i, s, v, z in self.symbols)
        out[0x3400:0x3400 + len(symtab)] = symtab
        out[0x3800:0x3800 + len(self.strings)] = self.strings
        sections = self.sections or [(0, 0, 0, 0, 0), (2, 0x3400, len(symtab), 2, 24),
                                     (3, 0x3800, len(self.strings), 0, 0), (1, 0, 0, 0, 0)]
        for i, (kind, offset, size, link, entsize) in enumerate(sections):
            out[0x3000 + 64 * i:0x3040 + 64 * i] = struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, offset, size, link,
                                                               0, 0, entsize)
        for offset, data in self.bytes.items():
            out[offset:offset + len(data)] = data
        return bytes(out[:self.size])


CASES = []


def case(expect, page=4096):
    """Adds the decorated change of a valid image as a case of the function's name."""
    def add(change):
        CASES.append((change.__name__, expect, page, change))
        return change
    return add


def header(name, value, expect):
    def change(i):
        i.ehdr[name] = value
    CASES.append((f"header_{name}_{value}".replace("/", "_"), expect, 4096, change))


def segment(name, field, value, expect):
    def change(i):
        setattr(getattr(i, name), field, value)
    CASES.append((f"{name}_{field}_{value & (1 << 64) - 1:x}", expect, 4096, change))


# The header.
header("magic", b"\177ELG", "not an ELF file")
header("magic", b"MZ\0\0", "not an ELF file")
header("class", 1, "not a 64-bit")
header("class", 0, "not a 64-bit")
header("data", 2, "not a little-endian")
header("iversion", 0, "unknown version of ELF")
header("version", 2, "unknown version of the ELF header")
header("ehsize", 63, "ELF header of the wrong size")
header("type", 1, "a relocatable object")
header("type", 2, "linked to a fixed address")
header("type", 4, "not a program or library")
header("type", 0, "not a program or library")
header("machine", 3, "does not know")
header("machine", 62, "another architecture")
header("machine", 0, "does not know")
header("phentsize", 55, "program headers of the wrong size")
header("phentsize", 64, "program headers of the wrong size")
header("phnum", 0, "no segment is executable")
header("phnum", 0xffff, "program headers outside the file")
header("phoff", 0x4000, "program headers outside the file")
header("phoff", (1 << 64) - 64, "program headers outside the file")
header("phoff", 0x4000 - 8 * 56 + 1, "program headers outside the file")
header("entry", 0x1002, "misaligned")
header("entry", 0xffc, "in no executable segment")
header("entry", 0x1020, "in no executable segment")
header("entry", 0x101c, "ok")
header("entry", 0x2000, "in no executable segment")
header("entry", 0, "ok")
header("entry", (1 << 64) - 4, "in no executable segment")
header("shoff", (1 << 64) - 1, "ok")
header("shnum", 0xffff, "ok")


@case("ok")
def valid(i):
    pass


@case("too short")
def empty(i):
    i.size = 0


@case("too short")
def short_header(i):
    i.size = 63


@case("program headers outside the file")
def short_phdrs(i):
    i.size = 64 + 8 * 56 - 1


@case("impossible page size", page=0)
def page_zero(i):
    pass


@case("impossible page size", page=2048)
def page_small(i):
    pass


@case("impossible page size", page=12288)
def page_odd(i):
    pass


@case("impossible page size", page=1 << 17)
def page_large(i):
    pass


@case("share a page", page=8192)
def page_shared(i):
    i.text.offset = 0
    i.text.vaddr = 0x4000
    i.ehdr["entry"] = 0x4000
    i.data.vaddr = i.dynamic.vaddr = 0x5000
    i.data.offset = i.dynamic.offset = 0x1000


# Load segments.
segment("data", "filesz", 0x401, "larger in the file than in memory")
segment("data", "memsz", 0xff, "larger in the file than in memory")
segment("rodata", "offset", 0x4000, "lies outside the file")
segment("rodata", "offset", -0x1000, "lies outside the file")
segment("text", "memsz", 0x100000001, "does not fit into a box")
segment("data", "memsz", 1 << 63, "does not fit into a box")
segment("data", "vaddr", 0x100001000, "does not fit into a box")
segment("data", "vaddr", -0x1000, "does not fit into a box")
segment("data", "vaddr", 0x2008, "differ modulo the page size")
segment("data", "offset", 0x2008, "differ modulo the page size")
segment("text", "flags", PF_R | PF_W | PF_X, "writable and executable")
segment("text", "flags", PF_W | PF_X, "writable and executable")
segment("text", "flags", PF_X, "ok")
segment("text", "flags", PF_R, "no segment is executable")
segment("text", "memsz", 0x24, "larger in memory than in the file")
segment("text", "memsz", 0x1000, "larger in memory than in the file")
segment("data", "memsz", 0xfffe0000 - 0x2000, "does not fit into a box")


@case("ok")
def image_largest(i):
    i.data.memsz = 0x100000000 - 0x30000 - 0x30000 - 0x2000


@case("does not fit into a box")
def image_too_large(i):
    i.data.memsz = 0x100000000 - 0x30000 - 0x30000 - 0x2000 + 1


@case("does not start on a page")
def text_unaligned(i):
    i.text.vaddr += 0x10
    i.text.offset += 0x10
    i.ehdr["entry"] = 0x1010


@case("does not start on a page", page=65536)
def text_unaligned_for_page(i):
    pass


@case("lies outside the file")
def data_one_byte_outside(i):
    i.data.offset, i.data.filesz, i.data.memsz = 0x2000, 0x2001, 0x2001


@case("ok")
def data_to_the_end(i):
    i.data.filesz, i.data.memsz = 0x2000, 0x2000


@case("out of order")
def out_of_order(i):
    i.phdrs[3], i.phdrs[4] = i.phdrs[4], i.phdrs[3]


@case("overlap")
def overlapping(i):
    i.rodata.filesz = i.rodata.memsz = 0x1001


@case("ok")
def touching_segments(i):
    i.rodata.filesz = i.rodata.memsz = 0x1000


@case("overlap")
def twice_the_same(i):
    i.phdrs.insert(4, i.text)


@case("share a page")
def sharing_a_page(i):
    i.data.vaddr = i.dynamic.vaddr = 0x1800
    i.data.offset = i.dynamic.offset = 0x1800


@case("ok")
def empty_segment(i):
    i.phdrs.insert(2, Phdr(LOAD, PF_R, 0, 0, 0))


@case("writable and executable")
def empty_segment_wx(i):
    i.phdrs.insert(2, Phdr(LOAD, PF_R | PF_W | PF_X, 0, 0, 0))


@case("too many load segments")
def too_many(i):
    for n in range(14):
        i.phdrs.append(Phdr(LOAD, PF_R, 0, 0x10000 + 0x1000 * n, 16))


@case("ok")
def as_many_as_possible(i):
    for n in range(13):
        i.phdrs.append(Phdr(LOAD, PF_R, 0, 0x10000 + 0x1000 * n, 16))


@case("ok")
def two_executable(i):
    i.phdrs.append(Phdr(LOAD, PF_R | PF_X, 0x1000, 0x8000, 0x20))
    i.ehdr["entry"] = 0x8010


@case("no segment is executable")
def no_segments(i):
    i.phdrs = [i.stack]


@case("ok")
def data_without_bytes_at_the_end_of_the_file(i):
    i.phdrs.insert(5, Phdr(LOAD, PF_R | PF_W, 0x4000, 0x8000, 0, 16))


@case("ok")
def empty_segment_at_the_limit(i):
    i.phdrs.append(Phdr(LOAD, PF_R, 0, 0x100000000 - 0x60000, 0))


@case("does not fit into a box")
def empty_segment_beyond(i):
    i.phdrs.append(Phdr(LOAD, PF_R, 0, 0x100000000 - 0x50000, 0))


@case("does not fit into a box")
def image_too_high(i):
    i.phdrs.insert(5, Phdr(LOAD, PF_R, 0, 0x100000000 - 0x60000, 1))


# The others.
segment("stack", "flags", PF_R | PF_W | PF_X, "executable stack")
segment("stack", "flags", PF_X, "executable stack")
segment("interp", "offset", 0x4000, "interpreter lies outside")
segment("interp", "filesz", 0x4000, "interpreter lies outside")
segment("interp", "filesz", 0, "empty or too long")
segment("interp", "filesz", 1, "empty or too long")
segment("interp", "filesz", 7, "not one string")
segment("interp", "filesz", 9, "not one string")


@case("empty or too long")
def interp_long(i):
    i.bytes[0x2200] = b"a" * 4096 + b"\0"
    i.interp.offset, i.interp.filesz = 0x2200, 4097


@case("ok")
def interp_longest(i):
    i.bytes[0x2200] = b"a" * 4095 + b"\0"
    i.interp.offset, i.interp.filesz = 0x2200, 4096


segment("dynamic", "offset", 0x4000, "dynamic section lies outside")
segment("dynamic", "filesz", -16, "dynamic section lies outside")
segment("dynamic", "vaddr", 0x2010, "not part of a load segment")
segment("dynamic", "offset", 0x3000, "not part of a load segment")
segment("dynamic", "filesz", 0x101, "not part of a load segment")


@case("ok")
def interp_shortest(i):
    i.bytes[0x600] = b"l\0"
    i.interp.filesz = 2


@case("ok")
def dynamic_ends_with_its_segment(i):
    i.dynamic.filesz = 0x100


@case("ok")
def dynamic_empty_at_the_end_of_its_segment(i):
    i.dynamic.offset = i.dynamic.vaddr = 0x2100
    i.dynamic.filesz = 0


@case("not part of a load segment")
def dynamic_before_its_segment(i):
    i.data.offset, i.data.vaddr, i.data.filesz = 0x2010, 0x2010, 0xf0


@case("text relocations")
def textrel(i):
    i.bytes[0x2000] = struct.pack("<QQQQ", 22, 0, 0, 0)


@case("text relocations")
def textrel_flag(i):
    i.bytes[0x2000] = struct.pack("<QQQQ", 30, 12, 0, 0)


@case("ok")
def textrel_after_the_end(i):
    i.bytes[0x2000] = struct.pack("<QQQQQQ", 5, 0, 0, 0, 22, 0)


@case("text relocations")
def textrel_last(i):
    i.bytes[0x2000] = struct.pack("<QQQQQQQQ", 5, 0, 5, 0, 5, 0, 22, 0)


@case("ok")
def textrel_beyond(i):
    i.bytes[0x2000] = struct.pack("<QQQQQQQQQQ", 5, 0, 5, 0, 5, 0, 5, 0, 22, 0)


@case("ok")
def textrel_cut(i):
    i.bytes[0x2000] = struct.pack("<QQQQQQQQ", 5, 0, 5, 0, 5, 0, 22, 0)
    i.dynamic.filesz = 0x3f


@case("ok")
def flags_4_of_another_tag(i):
    i.bytes[0x2000] = struct.pack("<QQQQ", 31, 4, 0, 0)


# x86-64: the note is needed, and the entry starts a bundle.
def x86(i, entry=0x1000, desc=X86_DESC):
    i.ehdr["machine"] = 62
    i.ehdr["entry"] = entry
    i.bytes[0x680] = note(desc)
    i.note.filesz = len(i.bytes[0x680])


@case("ok")
def x86_valid(i):
    x86(i)


@case("no LFI note says")
def x86_without_a_note(i):
    i.ehdr["machine"] = 62
    i.phdrs = [p for p in i.phdrs if p.kind != NOTE]


@case("another architecture")
def x86_note_on_arm64(i):
    x86(i)
    i.ehdr["machine"] = 183


@case("no profile of this version")
def x86_bundle_of_the_note(i):
    x86(i, desc=X86_DESC[:4] + b"\x10" + X86_DESC[5:])


for offset in (1, 4, 16):
    CASES.append((f"x86_entry_{offset}", "misaligned", 4096, lambda i, o=offset: x86(i, 0x1000 + o)))


@case("ok")
def x86_second_bundle(i):
    x86(i, 0x1020)
    i.text.filesz = i.text.memsz = 0x40


@case("ok")
def x86_image_largest(i):
    x86(i)
    i.data.memsz = 0x100000000 - 0x10000 - 0x10000 - 0x2000


@case("does not fit into a box")
def x86_image_too_large(i):
    x86(i)
    i.data.memsz = 0x100000000 - 0x10000 - 0x10000 - 0x2000 + 1


# Notes.
segment("note", "offset", 0x4000, "note segment lies outside")
segment("note", "filesz", 1 << 62, "note segment lies outside")


def with_note(name, data, expect):
    def change(i):
        i.bytes[0x680] = data
        i.note.filesz = len(data)
    CASES.append((f"note_{name}", expect, 4096, change))


with_note("version", note(b"\2" + NOTE_DESC[1:]), "unknown version")
with_note("version_high", note(NOTE_DESC[:1] + b"\1" + NOTE_DESC[2:]), "unknown version")
with_note("short", note(NOTE_DESC[:-1]), "wrong size")
with_note("long", note(NOTE_DESC + b"\0"), "wrong size")
with_note("kind", note(kind=2), "unknown type")
with_note("isa", note(NOTE_DESC[:12] + b"\377" + NOTE_DESC[13:]), "no profile")
with_note("arch", note(NOTE_DESC[:2] + b"\2" + NOTE_DESC[3:]), "no profile")
with_note("name", note(NOTE_DESC[:16] + b"x" * 16), "no profile")
with_note("truncated", note()[:-4], "truncated note")
with_note("huge", struct.pack("<III", 4, 0xffffffff, 1) + b"LFI\0", "truncated note")
with_note("huge_name", struct.pack("<III", 0xffffffff, 0, 1) + b"LFI\0", "truncated note")
with_note("foreign", note(owner=b"GNU\0", kind=77), "ok")
with_note("foreign_first", note(owner=b"GNU\0", kind=77, desc=b"12345") + b"\0\0\0" + note(), "ok")
with_note("foreign_unpadded", note(owner=b"GNU\0", kind=77, desc=b"12345"), "ok")
with_note("longer_owner", note(owner=b"LFI\0x\0\0\0", kind=77), "ok")
with_note("bad_second", note() + note(b"\2" + NOTE_DESC[1:]), "unknown version")
with_note("same_twice", note() + note(), "ok")
STORES = NOTE_DESC[:3] + b"\2" + NOTE_DESC[4:16] + struct.pack("<16s", b"stores")
with_note("two_profiles", note() + note(STORES), "different profiles")


@case("different profiles")
def notes_of_two_segments(i):
    i.bytes[0x780] = note(STORES)
    i.phdrs.append(Phdr(NOTE, PF_R, 0x780, 0x780, len(note())))


@case("ok")
def notes_of_two_segments_agree(i):
    i.phdrs.append(Phdr(NOTE, PF_R, 0x680, 0x680, len(note())))


@case("ok")
def no_note(i):
    i.phdrs.remove(i.note)


# Symbols: the address looked up, and the name and distance or "none".
SYMBOLS = []


def symbol(addr, expect):
    """Adds the decorated change of a valid image as a look-up of addr."""
    def add(change):
        SYMBOLS.append((change.__name__, addr, expect, change))
        return change
    return add


def lookup(addr, expect):
    SYMBOLS.append((f"lookup_{addr:x}", addr, expect, lambda i: None))


lookup(0xffc, "none")
lookup(0x1000, "first+0")
lookup(0x100c, "first+12")
lookup(0x1010, "second+0")
lookup(0x1ffc, "second+4076")
lookup(0x2004, "second+4084")


@symbol(0x1010, "none")
def sized_symbol_ends(i):
    i.symbols = i.symbols[:2]


@symbol(0x1008, "first+8")
def nearest_wins(i):
    i.symbols = [(0, 0, 0, 0, 0), (7, 0x12, 2, 0x800, 0), (1, 0x12, 2, 0x1000, 0), (7, 0x12, 2, 0x900, 0)]


@symbol(0x1008, "first+8")
def indirect_function(i):
    i.symbols[1] = (1, 0x1a, 2, 0x1000, 0x10)


@symbol(0x1008, "none")
def null_symbol(i):
    i.symbols = [(1, 0x12, 2, 0x1000, 0x10)]


@symbol(0x1008, "none")
def name_outside(i):
    i.symbols[1] = (100, 0x12, 2, 0x1000, 0x10)


@symbol(0x1008, "none")
def name_at_the_end(i):
    i.symbols[1] = (len(i.strings), 0x12, 2, 0x1000, 0x10)


@symbol(0x1008, "none")
def name_without_end(i):
    i.strings = b"\0first"
    i.symbols = i.symbols[:2]


@symbol(0x1008, "none")
def name_empty(i):
    i.symbols[1] = (0, 0x12, 2, 0x1000, 0x10)


@symbol(0x1008, "none")
def name_behind_the_strings(i):
    i.symbols[1] = (7, 0x12, 2, 0x1000, 0x10)
    i.sections = [(0, 0, 0, 0, 0), (2, 0x3400, 96, 2, 24), (3, 0x3800, 3, 0, 0)]


@symbol(0x1008, "none")
def strings_beyond_the_sections(i):
    i.ehdr["shnum"] = 2


@symbol(0x1008, "first+8")
def first_of_equals(i):
    i.symbols.insert(2, (7, 0x12, 2, 0x1000, 0x10))


@symbol(0x1008, "first+8")
def symbol_table_before_dynamic_one(i):
    more = struct.pack("<IBBHQQ", 7, 0x12, 0, 2, 0x1004, 0x10)
    i.bytes[0x3600] = bytes(24) + more
    i.sections = [(0, 0, 0, 0, 0), (2, 0x3400, 96, 2, 24), (3, 0x3800, 19, 0, 0), (11, 0x3600, 48, 2, 24)]


@symbol(0x1008, "none")
def entries_of_another_size(i):
    i.sections = [(0, 0, 0, 0, 0), (2, 0x3400, 96, 2, 16), (3, 0x3800, 19, 0, 0)]


@symbol(0x1008, "none")
def strings_outside(i):
    i.sections = [(0, 0, 0, 0, 0), (2, 0x3400, 96, 2, 24), (3, 0x3800, 0x10000, 0, 0)]


@symbol(0x1008, "none")
def strings_not_there(i):
    i.sections = [(0, 0, 0, 0, 0), (2, 0x3400, 96, 4, 24), (3, 0x3800, 19, 0, 0)]


@symbol(0x1008, "none")
def table_outside(i):
    i.sections = [(0, 0, 0, 0, 0), (2, 0x3400, 0x1000, 2, 24), (3, 0x3800, 19, 0, 0)]


@symbol(0x1008, "none")
def sections_outside(i):
    i.ehdr["shoff"] = 0x4000 - 64


@symbol(0x1008, "none")
def sections_of_another_size(i):
    i.ehdr["shentsize"] = 56


@symbol(0x1008, "none")
def no_sections(i):
    i.ehdr["shnum"] = 0


@symbol(0x1008, "none")
def not_elf(i):
    i.ehdr["magic"] = b"\177ELG"


@symbol(0x1008, "first+8")
def dynamic_symbols(i):
    i.sections = [(0, 0, 0, 0, 0), (11, 0x3400, 96, 2, 24), (3, 0x3800, 19, 0, 0)]


@symbol(0x1008, "first+8")
def dynamic_symbols_beside(i):
    i.sections = [(0, 0, 0, 0, 0), (2, 0x3400, 24, 2, 24), (3, 0x3800, 19, 0, 0), (11, 0x3400, 96, 2, 24)]


def write(directory, name, change, names):
    assert name not in names, name
    names.add(name)
    image = Image()
    change(image)
    path = os.path.join(directory, name.replace("\\", "_").replace("'", "") + ".elf")
    with open(path, "wb") as f:
        f.write(image.build())
    return path


def main():
    directory = sys.argv[1]
    names = set()
    for name, expect, page, change in CASES:
        print(page, write(directory, name, change, names), expect)
    for name, addr, expect, change in SYMBOLS:
        print(f"@{addr}", write(directory, name, change, names), expect)


if __name__ == "__main__":
    main()
