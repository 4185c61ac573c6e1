# How scripts/check-mutants builds and tests liblfiv.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cc=${CC:-gcc}
sources="lfi-verify/arm64/verify.c lfi-verify/arm64/decode.c lfi-verify/x86_64/verify.c lfi-verify/x86_64/decode.c
    lfi-verify/elf.c lfi-verify/profile.c lfi-verify/message.c profiles/profile.c"
arm64_tables="lfi-verify/arm64/insns.def lfi-verify/arm64/macros.def"
x86_tables="lfi-verify/x86_64/insns.def lfi-verify/x86_64/macros.def"
drivers="lfiv-drive lfiv-elf lfiv-api x86_64-resume"

# compile DIR FILE OBJECT: the generated tables are in DIR/lfi-verify.
compile() {
    $cc -std=gnu11 -O1 -fPIC -I"$1" -I"$top" -I"$top/include" -c "$2" -o "$3"
}

# make_table DIR ARCH FILE...
make_table() {
    local dir=$1 arch=$2
    shift 2
    mkdir -p "$dir/lfi-verify/$arch"
    LC_ALL=C awk -f "$top/lfi-verify/table.awk" -f "$top/lfi-verify/$arch/table.awk" "$@" \
        > "$dir/lfi-verify/$arch/insns.inc"
}

# with_mutant DIR FILE MUTATED TABLE...: the tables, that one mutated.
with_mutant() {
    local dir=$1 file=$2 mutated=$3 t
    shift 3
    for t; do
        if [ "$t" = "$file" ]; then
            cp "$mutated" "$dir/$(basename "$t")"
            echo "$dir/$(basename "$t")"
        else
            echo "$top/$t"
        fi
    done
}

# The object of a source: its path with underscores.
object() {
    local name=${2%.c}
    echo "$1/${name//\//_}.o"
}

# compile_arch DIR ARCH: what includes the table.
compile_arch() {
    for f in decode verify; do
        compile "$1" "$top/lfi-verify/$2/$f.c" "$(object "$1" "lfi-verify/$2/$f.c")"
    done
}

link_library() {
    $cc -shared "$1"/*_*.o -o "$1/liblfiv.so"
}

case $1 in
sources)
    echo $arm64_tables $x86_tables $sources
    ;;
prepare)
    make_table "$2" arm64 $(printf "$top/%s " $arm64_tables)
    make_table "$2" x86_64 $(printf "$top/%s " $x86_tables)
    for f in $sources; do compile "$2" "$top/$f" "$(object "$2" "$f")"; done
    link_library "$2"
    for d in $drivers; do
        $cc -std=gnu11 -O1 -I"$top" -I"$top/include" "$here/$d.c" "$2/liblfiv.so" -Wl,-rpath,"$2" -o "$2/$d"
    done
    $cc -std=gnu11 -O2 -I"$top" -I"$top/include" -c "$here/x86_64-rows.c" -o "$2/rows.o"
    $cc "$2/rows.o" "$2/liblfiv.so" -Wl,-rpath,"$2" -o "$2/x86_64-rows"
    python3 -B "$here/cases.py" "$here/cases.txt" > "$2/cases.in"
    python3 -B "$here/cases.py" --tail "$here/rows.txt" >> "$2/cases.in"
    python3 -B "$here/cases.py" --x86_64 "$here/x86_64-cases.txt" > "$2/x86_64.in"
    python3 -B "$here/random_cases.py" 1 10 20000 20000 "$here/rows.txt" > "$2/random.in"
    mkdir "$2/elf"
    python3 -B "$here/elf_cases.py" "$2/elf" > "$2/elf.in"
    ;;
build)
    case $3 in
    *arm64/*.def)
        make_table "$2" arm64 $(with_mutant "$2" "$3" "$4" $arm64_tables)
        compile_arch "$2" arm64
        ;;
    *x86_64/*.def)
        tables=$(with_mutant "$2" "$3" "$4" $x86_tables)
        make_table "$2" x86_64 $tables
        case $3 in *macros.def) f=verify ;; *) f=decode ;; esac
        compile "$2" "$top/lfi-verify/x86_64/$f.c" "$(object "$2" "lfi-verify/x86_64/$f.c")"
        ;;
    *)
        compile "$2" "$4" "$(object "$2" "$3")"
        ;;
    esac
    link_library "$2"
    ;;
check)
    cd "$2"
    # Loops without an end count as noticed: seconds of the processor, whatever else it does.
    ulimit -v 4000000 -t 20
    ./lfiv-drive --stop --x86_64 < x86_64.in
    ./lfiv-api
    ./x86_64-resume > /dev/null
    ./x86_64-rows | cmp - "$here/x86_64-rows.txt"
    ./lfiv-drive --stop < cases.in
    ./lfiv-elf < elf.in
    ./lfiv-drive --stop < random.in
    ;;
esac
