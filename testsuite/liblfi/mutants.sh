# How scripts/check-mutants builds and tests the core of liblfi, and what of the Linux layer serves
# calls: for the host's architecture, and on x86-64 for arm64 too, under qemu-user.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
core=$(cd "$top" && echo liblfi/core/*.c)
linux=$(cd "$top" && echo liblfi/linux/*.c)
library=liblfi/linux/library.c
native=$(uname -m)
archs=$native
if [ "$native" != aarch64 ] && [ -f "$MUTANT_BUILDDIR/cross/aarch64/config.h" ]; then
    archs="$native aarch64"
fi
declare -A blobs=([aarch64]=code.S [x86_64]=code_x86_64.S)
declare -A only=([aarch64]= [x86_64]="sparse dense profiles sanitized")
# Code that a program needs besides.
declare -A more=([profiles]="profiles_x86_64 profiles16_x86_64" [meter]=meter_code)
tests="crossing memory code copy fault chain interrupt invoke refused many meter time"
wrap=-Wl,--wrap=mmap,--wrap=mremap,--wrap=mprotect,--wrap=pread,--wrap=getauxval
wrap=$wrap,--wrap=malloc,--wrap=calloc,--wrap=posix_memalign

# Sets what depends on the architecture.
for_arch() {
    arch=$1
    if [ "$arch" = "$native" ]; then
        cc=${CC:-gcc} run= config=$MUTANT_BUILDDIR
    else
        cc=$arch-linux-gnu-gcc-12 run=qemu-$arch config=$MUTANT_BUILDDIR/cross/$arch
    fi
}

compile() {
    $cc -std=gnu11 -O1 -fPIE -pthread -DHAVE_CONFIG_H -I"$config" -I"$top" -I"$top/include" -c "$1" -o "$2"
}

object() {
    echo "$1/$arch/$(echo "$2" | tr / _).o"
}

link_test() { # DIR TEST
    local flags= m
    for m in ${more[$2]-}; do flags="$flags $1/$arch/test_$m.o"; done
    [ $2 != refused ] || flags="$flags $wrap"
    [ $2 != many ] || flags=-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=posix_memalign
    $cc -static-pie $flags -pthread -o "$1/$arch/$2" "$1/$arch/test_$2.o" "$1/$arch/test_code_blobs.o" \
        "$1/$arch"/liblfi_*.o "$config/lfi-verify/liblfiv.a" -lm
}

prepare() {
    local f t
    mkdir -p "$1/$arch/todo"
    "$MUTANT_BUILDDIR/stage/bin/$arch-lfi-linux-musl-gcc" -O2 -w -static-pie -o "$1/$arch/invoke_box" \
        "$here/invoke_box.c" -lboxrt
    for f in $core $linux liblfi/linux/$arch/frame.c liblfi/arch/$arch/arch.c liblfi/arch/$arch/call.S liblfi/arch/$arch/copy.S \
        liblfi/arch/$arch/crossing.S; do
        compile "$top/$f" "$(object "$1" "$f")"
    done
    for t in $tests ${only[$arch]}; do compile "$here/$t.c" "$1/$arch/test_$t.o"; done
    compile "$here/${blobs[$arch]}" "$1/$arch/test_code_blobs.o"
    for t in $tests ${only[$arch]}; do
        for f in ${more[$t]-}; do compile "$here/$f.S" "$1/$arch/test_$f.o"; done
    done
}

# Most mutants are noticed by the first tests of the first architecture: only then is the rest built.
check() {
    local t todo status args
    for todo in "$1/$arch/todo"/*; do
        [ -f "$todo" ] || continue
        compile "$(cat "$todo")" "$1/$arch/${todo##*/}.o"
        rm "$todo"
    done
    cd "$1/$arch"
    for t in $tests ${only[$arch]}; do
        link_test "$1" $t
        # Twice, so that what is only slow for once does not count as noticed.
        status=0
        args=
        [ $t != invoke ] || args=./invoke_box
        timeout 15 $run "./$t" $args > "$t.out" || status=$?
        if [ $status = 124 ]; then
            status=0
            timeout 60 $run "./$t" $args > "$t.out" || status=$?
        fi
        [ $status = 0 ] || exit 1
        if grep -q '^FAIL' "$t.out" || ! grep -q '^DONE' "$t.out"; then exit 1; fi
    done
}

case $1 in
sources)
    echo $core $library
    for a in $archs; do echo liblfi/arch/$a/arch.c; done
    # Instructions, where they run natively.
    [ "$native" != x86_64 ] || echo liblfi/arch/x86_64/crossing.S liblfi/arch/x86_64/copy.S
    ;;
prepare)
    for a in $archs; do for_arch "$a"; prepare "$2"; done
    echo $archs > "$2/affected"
    ;;
build)
    affected=
    for a in $archs; do
        case $3 in liblfi/arch/$a/* | liblfi/core/* | $library) ;; *) continue ;; esac
        for_arch "$a"
        if [ -z "$affected" ]; then
            compile "$4" "$(object "$2" "$3")"
            link_test "$2" crossing
        else
            echo "$4" > "$2/$arch/todo/$(echo "$3" | tr / _)"
        fi
        affected="$affected $a"
    done
    echo $affected > "$2/affected"
    ;;
check)
    for a in $(cat "$2/affected"); do for_arch "$a"; check "$2"; done
    ;;
esac
