# Turns insns.def and macros.def into C: the rows, for each opcode and number in the reg field of
# ModRM the list of rows that can match, in the order of the table, and the macros.
# Needs ../table.awk.
# SPDX-License-Identifier: Apache-2.0

function hex(text,    value, i, digit) {
    value = 0
    for (i = 1; i <= length(text); i++) {
        digit = index("0123456789abcdef", substr(text, i, 1))
        if (!digit)
            fail("not a hexadecimal number: " text)
        value = value * 16 + digit - 1
    }
    return value
}

# A condition: these bits of the signature, with this value.
function clear(bit) {
    mask = mask " | " bit
}

function set(bit) {
    mask = mask " | " bit
    value = value " | " bit
}

# What one alternative of the column prefixes asks for.
function prefixes(alternative, vex, operand_size,    part, n, i, has) {
    n = split(alternative, part, ".")
    for (i = 1; i <= n; i++)
        has[part[i]] = 1
    if ("*" in has)
        return
    if ("66" in has || operand_size) set("S_66"); else clear("S_66")
    if ("f2" in has) set("S_F2"); else clear("S_F2")
    if ("f3" in has) set("S_F3"); else clear("S_F3")
    if ("cs" in has) set("S_CS"); else clear("S_CS")
    if ("twice" in has) set("S_TWICE"); else clear("S_TWICE")
    if ("w1" in has) set("S_W"); else if ("w0" in has || operand_size) clear("S_W")
    if ("l1" in has) set("S_L"); else if ("l0" in has) clear("S_L")
    if ("r0" in has) clear("S_R")
    if ("b0" in has) clear("S_B")
    if ("n" in has || !vex) clear("S_VVVV")
}

function emit(locked, anyhow, row_isa,    i, n) {
    if (!anyhow)
        if (locked) { set("S_LOCK"); set("S_MEMORY") } else clear("S_LOCK")
    printf "    {%s, %s, %s, %s, %s, %s, %s, %s, %s, \"%s\"},\n", substr(mask, 4),
        value == "" ? "0" : substr(value, 4), flags("W_", writes), flags("LFI_ISA_X86_", row_isa),
        one("I_", imm), access == "-" ? "0" : access == "r" ? "A_R" : access == "w" ? "A_W" : "A_R | A_W",
        touch == "yes" ? "true" : "false", one("K_", kind), verdict == "ok" ? "V_OK" : one("V_", verdict),
        name
    for (i = first; i <= last; i++)
        for (n = from_number; n <= to_number; n++)
            list[i * 8 + n] = list[i * 8 + n] " " rows
    rows++
}

# One row of C for a signature mask and value without prefixes.
function row(form_mask, form_value,    alternative, n, i, size, isas, part, m, j, lock) {
    n = split(pfx, alternative, ",")
    for (i = 1; i <= n; i++)
        for (size = 0; size <= (alternative[i] ~ /(^|\.)o($|\.)/); size++) {
            isas = isa
            if (isa == "avx12")
                isas = alternative[i] ~ /l0/ ? "avx" : "avx/l0 avx2/l1"
            m = split(isas, part, " ")
            for (j = 1; j <= m; j++)
                for (lock = 0; lock <= (access ~ /l/); lock++) {
                    mask = form_mask
                    value = form_value
                    prefixes(alternative[i], vex, size)
                    if (part[j] ~ /l0$/) clear("S_L")
                    if (part[j] ~ /l1$/) set("S_L")
                    sub(/\/.*/, "", part[j])
                    emit(lock, alternative[i] == "*", part[j])
                }
        }
}

# Calls row() for the aligned blocks that make up the range of ModRM bytes or, with a unit of 8,
# of numbers in the reg field.
function blocks(from, to, unit, field, form_mask, form_value,    size) {
    while (from <= to) {
        size = 1
        while (from % (size * 2) == 0 && from + size * 2 - 1 <= to)
            size *= 2
        from_number = int(from * unit / 8) % 8
        to_number = int((from + size - 1) * unit / 8) % 8
        if (size * unit >= 64) {
            from_number = 0
            to_number = 7
        }
        row(form_mask sprintf(" | 0x%x", field - (size - 1) * unit),
            form_value sprintf(" | 0x%x", from * unit))
        from += size
    }
}

function forms(form,    part, range, memory_mask, memory_value) {
    from_number = 0
    to_number = form == "-" ? 0 : 7
    if (form == "-") {
        row(" | 0", "")
        return
    }
    memory_mask = form ~ /^x/ ? " | 0" : " | S_MEMORY"
    memory_value = form ~ /^m/ ? " | S_MEMORY" : ""
    if (form ~ /^=/) {
        split(substr(form, 2), range, "-")
        blocks(hex(range[1]), hex(range[2] == "" ? range[1] : range[2]), 1, 255, memory_mask, "")
    } else if (form ~ /\//) {
        split(form, part, "/")
        split(part[2], range, "-")
        blocks(range[1] + 0, (range[2] == "" ? range[1] : range[2]) + 0, 8, 56, memory_mask, memory_value)
    } else if (form ~ /^[xrm]$/) {
        row(memory_mask, memory_value)
    } else {
        fail("unknown form " form)
    }
}

function instruction(    opcode, map, range, i) {
    if (NF < 11)
        fail("a row has ten columns and a name")
    opcode = $1
    map = 0
    if (opcode ~ /\./) {
        split(opcode, range, ".")
        if (!(range[1] in maps))
            fail("unknown map " range[1])
        map = maps[range[1]]
        opcode = range[2]
    }
    vex = map >= 4
    split(opcode, range, "-")
    first = map * 256 + hex(range[1])
    last = map * 256 + hex(range[2] == "" ? range[1] : range[2])
    pfx = $2; imm = $4; writes = $5; access = $6; touch = $7; kind = $8; isa = $9; verdict = $10
    name = $11
    for (i = 12; i <= NF; i++)
        name = name " " $i
    for (i = first; i <= last; i++) {
        if (i in modrm && modrm[i] != ($3 != "-"))
            fail("rows with and without ModRM for one opcode")
        modrm[i] = $3 != "-"
    }
    forms($3)
}

function token(text) {
    if (text ~ /^[0-9a-f][0-9a-f]$/)
        return "0x" text
    if (text ~ /^[0-9a-f][0-9a-f]\+x$/)
        return "T_X | 0x" substr(text, 1, 2)
    if (text ~ /^[0-9a-f][0-9a-f]\+8x$/)
        return "T_X8 | 0x" substr(text, 1, 2)
    if (text == "B" || text == "NEXT" || text == "SLOT" || text == "BASE")
        return "T_" text
    if (text == "{r14+x}")
        return "T_ACCESS"
    if (text == "{x}")
        return "T_ZX"
    if (text ~ /^\{[a-z]+\}$/)
        return "T_" toupper(substr(text, 2, length(text) - 2))
    fail("unknown part of a macro: " text)
}

function macro(    i, text) {
    if (!($4 in registers))
        fail("unknown registers: " $4)
    if (gsub(/\{/, "{") > 3)
        fail("a macro has at most three steps")
    text = sprintf("    {M_%s, %s, %s, %s, {", toupper($1), flags("FOR_", $2),
        $3 == "-" ? "WHEN_ALWAYS" : one("WHEN_", $3), registers[$4])
    for (i = 5; i <= NF; i++)
        text = text token($i) ", "
    macros = macros text "T_END}},\n"
    # Which first bytes it may have: any, if it starts with a kind of instruction.
    for (i = 0; i < 256; i++)
        if ($5 !~ /^[0-9a-f][0-9a-f]$/ || hex($5) == i)
            macro_list[i] = macro_list[i] macro_count ", "
    macro_count++
}

BEGIN {
    maps["0f"] = 1; maps["38"] = 2; maps["3a"] = 3; maps["v0f"] = 4; maps["v38"] = 5; maps["v3a"] = 6
    registers["-"] = "0"; registers["any"] = "0xff"; registers["low"] = "0xef"
    registers["r8-13"] = "0x3f"; registers["r8-14"] = "0x7f"; registers["r8-15"] = "0xff"
    registers["r8-13,!12"] = "0x2f"
    rows = macro_count = 0
    print "/* Made from insns.def and macros.def by table.awk.  */"
    print "#ifdef WANT_INSNS"
    print "static const struct Row rows[] = {"
}

/^#/ || NF == 0 { next }

FILENAME ~ /macros/ { macro(); next }

{ instruction() }

END {
    if (failed)
        exit 1
    print_lists(14336, "an opcode and number")
    print "\n/* Whether a ModRM byte follows the opcode.  */"
    print "static const bool has_modrm[1792] = {"
    for (key = 0; key < 1792; key++)
        printf "%s%d,%s", key % 32 ? " " : "    ", modrm[key] + 0, key % 32 == 31 ? "\n" : ""
    print "};\n#endif\n\n#ifdef WANT_MACROS"
    printf "static const struct Macro macros[] = {\n%s};\n", macros
    print "\n/* The macros that can start with a byte; 255 ends the list.  */"
    print "static const uint8_t macro_lists[256][MAX_MACROS] = {"
    for (i = 0; i < 256; i++)
        printf "    {%s255},\n", macro_list[i]
    print "};\n#endif"
}
