# How scripts/check-mutants builds and tests liblfiv.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cc=${CC:-gcc}
sources="lfi-verify/arm64/verify.c lfi-verify/arm64/decode.c lfi-verify/elf.c lfi-verify/profile.c lfi-verify/message.c"
drivers="lfiv-drive lfiv-elf lfiv-api"

# compile DIR FILE OBJECT: the generated table is in DIR/lfi-verify/arm64.
compile() {
    $cc -std=gnu11 -O1 -fPIC -I"$1" -I"$top" -I"$top/include" -c "$2" -o "$3"
}

make_table() {
    mkdir -p "$1/lfi-verify/arm64"
    LC_ALL=C awk -f "$top/lfi-verify/arm64/table.awk" "$2" > "$1/lfi-verify/arm64/insns.inc"
}

object() {
    echo "$1/$(basename "$2" .c).o"
}

link_library() {
    $cc -shared "$1"/verify.o "$1"/decode.o "$1"/elf.o "$1"/profile.o "$1"/message.o "$1"/profiles.o \
        -o "$1/liblfiv.so"
}

case $1 in
sources)
    echo lfi-verify/arm64/insns.def $sources profiles/profile.c
    ;;
prepare)
    make_table "$2" "$top/lfi-verify/arm64/insns.def"
    for f in $sources; do compile "$2" "$top/$f" "$(object "$2" "$f")"; done
    compile "$2" "$top/profiles/profile.c" "$2/profiles.o"
    link_library "$2"
    for d in $drivers; do
        $cc -std=gnu11 -O1 -I"$top" -I"$top/include" "$here/$d.c" "$2/liblfiv.so" -Wl,-rpath,"$2" -o "$2/$d"
    done
    python3 -B "$here/cases.py" "$here/cases.txt" > "$2/cases.in"
    python3 -B "$here/cases.py" --tail "$here/rows.txt" >> "$2/cases.in"
    python3 -B "$here/random_cases.py" 1 10 20000 20000 "$here/rows.txt" > "$2/random.in"
    mkdir "$2/elf"
    python3 -B "$here/elf_cases.py" "$2/elf" > "$2/elf.in"
    ;;
build)
    case $3 in
    *.def)
        make_table "$2" "$4"
        compile "$2" "$top/lfi-verify/arm64/decode.c" "$2/decode.o"
        ;;
    profiles/*)
        compile "$2" "$4" "$2/profiles.o"
        ;;
    *)
        compile "$2" "$4" "$(object "$2" "$3")"
        ;;
    esac
    link_library "$2"
    ;;
check)
    cd "$2"
    ulimit -v 4000000
    timeout 10 ./lfiv-drive --stop < cases.in
    timeout 10 ./lfiv-api
    timeout 10 ./lfiv-elf < elf.in
    timeout 20 ./lfiv-drive --stop < random.in
    ;;
esac
