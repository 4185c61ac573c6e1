# Prints syscalls.def as the table of docs/linux-layer.md:
#   awk -f call-table.awk syscalls.def
# SPDX-License-Identifier: Apache-2.0
/^\/\* .*: [a-z_]+\.c\.  \*\/$/ {
    sub(/^\/\* /, ""); sub(/\.  \*\/$/, "")
    split($0, part, ": ")
    printf "%s**%s** (`%s`)\n\n| call | arm64 | x86-64 | differs from Linux |\n| --- | --- | --- | --- |\n", sep, part[1], part[2]
    sep = "\n"
}
/^SYS\(/ {
    row = $0; sub(/^SYS\(/, "", row)
    split(row, column, /, */)
    note = $0; sub(/^[^"]*"/, "", note); sub(/"\)$/, "", note)
    for (i = 2; i <= 3; i++)
        if (column[i] == "NONE") column[i] = "-"
        else count[i]++
    printf "| `%s` | %s | %s | %s |\n", column[1], column[2], column[3], note
}
END { printf "\n%d calls on arm64, %d on x86-64.\n", count[2], count[3] }
