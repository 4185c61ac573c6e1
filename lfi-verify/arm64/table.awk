# Turns insns.def and macros.def into C: the rows, for each value of bits 31:21 the list of rows that
# can match, in the order of the table, and the macros.
# Needs ../table.awk.
# SPDX-License-Identifier: Apache-2.0

# Bits 31..0 of the pattern in which c is true, as a C constant.
function word(pattern, fixed,    i, high, low, bit) {
    for (i = 1; i <= 32; i++) {
        bit = fixed ? substr(pattern, i, 1) ~ /[01]/ : substr(pattern, i, 1) == "1"
        if (i <= 16)
            high = high * 2 + bit
        else
            low = low * 2 + bit
    }
    return sprintf("0x%04x%04x", high, low)
}

# Adds the row to every list that its bits 31:21 allow.
function enter(pattern, at, key,    c) {
    if (at > 11) {
        list[key] = list[key] " " rows
        return
    }
    c = substr(pattern, at, 1)
    if (c != "1")
        enter(pattern, at + 1, key * 2)
    if (c != "0")
        enter(pattern, at + 1, key * 2 + 1)
}

function macro(    i, text) {
    for (i = 1; i <= NF; i++)
        if ($i ~ /^[0-9a-f]+$/ && length($i) == 8)
            text = text "{T_WORD, 0x" $i "}, "
        else if ($i ~ /^\{[a-z]+\}$/)
            text = text "{T_" toupper(substr($i, 2, length($i) - 2)) ", 0}, "
        else
            fail("unknown part of a macro: " $i)
    if (NF > 4)
        fail("a macro has at most four words")
    macros = macros "    {" NF ", {" text "}},\n"
}

BEGIN {
    rows = 0
    print "/* Made from insns.def and macros.def by table.awk.  */"
    print "#ifdef WANT_INSNS"
    print "static const struct Row rows[] = {"
}

/^#/ || NF == 0 { next }

FILENAME ~ /macros/ { macro(); next }

{
    if (length($1) != 32 || NF < 10)
        fail("a row has an encoding of 32 bits and nine more columns")
    name = $10
    for (i = 11; i <= NF; i++)
        name = name " " $i
    sub(/^D$/, "dsp", $2)
    printf "    {%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, \"%s\"},\n", word($1, 1), word($1, 0),
        flags("W_", $2), flags("C_", $7), flags("LFI_ISA_ARM64_", $8), one("K_", $3),
        one("M_", $4), $5 == "-" ? 0 : $5 == "z" ? "SIZE_FIELD" : $5,
        $6 == "yes" ? "true" : "false", one("V_", $9), name
    enter($1, 1, 0)
    rows++
}

END {
    if (failed)
        exit 1
    print_lists(2048, "bits 31:21")
    printf "#endif\n\n#ifdef WANT_MACROS\nstatic const struct Macro macros[] = {\n%s};\n#endif\n", macros
}
