# What the tables of both architectures are made with: columns as C, and the lists of the rows
# that can match a key.
# SPDX-License-Identifier: Apache-2.0

function fail(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
    failed = 1
    exit 1
}

# "a,b" with prefix P_ becomes "P_a | P_b"; "-" becomes 0.
function flags(prefix, list,    part, n, i, text) {
    if (list == "-")
        return "0"
    n = split(list, part, ",")
    for (i = 1; i <= n; i++) {
        sub(/!=/, "_NE_", part[i])
        text = text (i > 1 ? " | " : "") prefix toupper(part[i])
    }
    return text
}

function one(prefix, name) {
    return prefix (name == "-" ? "NONE" : toupper(name))
}

# Ends the array of rows; prints list[KEY], rows as they are in the table, for each of the keys,
# and where in the lists a key's starts.
function print_lists(keys, what,    key, start, part, n, i, text, total) {
    print "};\n\nstatic const uint16_t lists[] = {"
    for (key = 0; key < keys; key++) {
        start[key] = total + 0
        n = split(list[key], part, " ")
        text = ""
        for (i = 1; i <= n; i++)
            text = text part[i] ", "
        if (n)
            print "    " text
        total += n
    }
    printf "};\n\n/* Where the list of %s starts; it ends where the next one starts.  */\n", what
    printf "static const uint16_t starts[%d] = {\n", keys + 1
    for (key = 0; key < keys; key++)
        printf "%s%d,%s", key % 16 ? " " : "    ", start[key], key % 16 == 15 ? "\n" : ""
    printf "    %d\n};\n", total
}
