# Of the sysroots in SYSROOTS (ARCH-lfi-PROFILE ...), by the table of profiles: each with the first that
# reserves the same registers, and the first of its architecture, as SYSROOT:FIRST:FIRST.
# SPDX-License-Identifier: Apache-2.0
BEGIN { FS = "\"" }
/^PROFILE\(/ {
    split($1, field, /[(,]/)
    arch = tolower(field[2])
    id = arch "-lfi-" $2
    registers = arch " " $6
    if (!index(" " SYSROOTS " ", " " id " "))
        next
    if (!(registers in first))
        first[registers] = id
    if (!(arch in first))
        first[arch] = id
    print id ":" first[registers] ":" first[arch]
}
