# How scripts/check-mutants builds and tests the core of liblfi.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
if [ "$(uname -m)" = aarch64 ]; then
    cc=${CC:-gcc} run= config=$MUTANT_BUILDDIR
else
    cc=aarch64-linux-gnu-gcc-12 run=qemu-aarch64 config=$MUTANT_BUILDDIR/cross/aarch64
fi
core=$(cd "$top" && echo liblfi/core/*.c)
arch="liblfi/arch/aarch64/arch.c"
tests="crossing memory code fault chain refused many"
wrap=-Wl,--wrap=mmap,--wrap=mremap,--wrap=mprotect,--wrap=pread

compile() {
    $cc -std=gnu11 -O1 -fPIE -pthread -DHAVE_CONFIG_H -I"$config" -I"$top" -I"$top/include" -c "$1" -o "$2"
}

object() {
    echo "$1/$(echo "$2" | tr / _).o"
}

link_tests() {
    local t flags
    for t in $tests; do
        flags=
        [ $t != refused ] || flags=$wrap
        $cc -static-pie $flags -pthread -o "$1/$t" "$1/test_$t.o" "$1/test_code_blobs.o" "$1"/liblfi_*.o \
            "$config/lfi-verify/liblfiv.a"
    done
}

case $1 in
sources)
    echo $core $arch
    ;;
prepare)
    for f in $core $arch liblfi/arch/aarch64/copy.S liblfi/arch/aarch64/crossing.S; do
        compile "$top/$f" "$(object "$2" "$f")"
    done
    for t in $tests; do compile "$here/$t.c" "$2/test_$t.o"; done
    compile "$here/code.S" "$2/test_code_blobs.o"
    link_tests "$2"
    ;;
build)
    compile "$4" "$(object "$2" "$3")"
    link_tests "$2"
    ;;
check)
    cd "$2"
    for t in $tests; do
        timeout 15 $run "./$t" > "$t.out" || exit 1
        if grep -q '^FAIL' "$t.out" || ! grep -q '^DONE' "$t.out"; then exit 1; fi
    done
    ;;
esac
