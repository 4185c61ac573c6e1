# Prints syscalls.def as the table of docs/linux-layer.md:
#   awk -f call-table.awk syscalls.def
# SPDX-License-Identifier: Apache-2.0
/^\/\* .*: [a-z_]+\.c\.  \*\/$/ {
    sub(/^\/\* /, ""); sub(/\.  \*\/$/, "")
    split($0, part, ": ")
    printf "%s**%s** (`%s`)\n\n| call | arm64 | differs from Linux |\n| --- | --- | --- |\n", sep, part[1], part[2]
    sep = "\n"
}
/^SYS\(/ {
    name = $0; sub(/^SYS\(/, "", name); sub(/,.*/, "", name)
    number = $0; sub(/^[^,]*, */, "", number); sub(/,.*/, "", number)
    note = $0; sub(/^[^"]*"/, "", note); sub(/"\)$/, "", note)
    printf "| `%s` | %s | %s |\n", name, number, note
    count++
}
END { printf "\n%d calls.\n", count }
