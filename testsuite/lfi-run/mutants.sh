# How scripts/check-mutants builds and tests the loader, the checks of arguments and the resolver.
# SPDX-License-Identifier: Apache-2.0
#
# MUTANT_BUILDDIR is a build tree whose stage is complete.  What the unchanged runner prints for a
# list of commands is kept; a mutant is noticed when it prints anything else.  That the unchanged
# runner is right is what the .exp files check, with the same programs.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
sources="liblfi/linux/path.c liblfi/linux/load.c liblfi/linux/args.c liblfi/linux/limits.c"
programs="args box pointers hostile path op embedded reloaded stack wait contained"
prefix=${MUTANT_BUILDDIR:-.}/stage
if [ "$(uname -m)" = aarch64 ]; then
    cross=${MUTANT_BUILDDIR:-.} cc=${CC:-gcc} qemu=
else
    cross=${MUTANT_BUILDDIR:-.}/cross/aarch64 cc=aarch64-linux-gnu-gcc-12 qemu=qemu-aarch64
fi
flags="-std=gnu11 -D_GNU_SOURCE -O1 -fPIE -pthread"

# compile DIR FILE OBJECT
compile() {
    $cc $flags -I"$cross" -I"$top" -I"$top/include" -c "$2" -o "$3"
}

# Objects of the library but those in linked: its archive is one object.
others() {
    find "$cross/liblfi" -name '*.o' ! -name 'liblfi.a*' |
        grep -v -E '/linux/liblfi_a-(args|limits|load|path)\.o$'
}

# link DIR: the runner and the embedding programs, of DIR/linked/*.o and the rest as built.
link() {
    $cc -static-pie -pthread -o "$1/lfi-run" "$cross"/lfi-run/lfi_run-*.o "$1"/linked/*.o \
        $(others) "$cross/lfi-verify/liblfiv.a" "$cross/common/libcommon.a" \
        $(test ! -f "$cross/lfi-run/lfi_run-seccomp.o" || echo -lseccomp)
    for p in embed reload; do
        $cc $flags -static-pie -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=posix_memalign \
            -o "$1/$p" "$1/$p.o" "$1"/linked/*.o $(others) "$cross/lfi-verify/liblfiv.a"
    done
}

# link_with DIR NAME FILE: the same with another file in the place of NAME.c.
link_with() {
    cp "$1"/load.o "$1"/args.o "$1"/path.o "$1"/limits.o "$1/linked"
    compile "$1" "$3" "$1/linked/$2.o"
    link "$1"
}

# The resolver on the host itself.
link_resolve() {
    ${HOSTCC:-gcc} -std=gnu11 -O1 -pthread -I"$1/mutant" -I"$MUTANT_BUILDDIR" -I"$top" -I"$top/include" \
        "$here/resolve.c" -o "$1/resolve"
}

# A tree of files as in paths.exp, and everything that a command prints.
make_tree() {
    rm -rf "$1" && mkdir -p "$1/in/sub/deep" "$1/in/a/b" "$1/other"
    echo SECRET > "$1/secret"
    echo inside > "$1/in/file"
    echo sub > "$1/in/sub/file"
    echo other > "$1/other/file"
    ln -s .. "$1/in/up"
    ln -s "$1/secret" "$1/in/abs"
    ln -s /m/file "$1/in/box-abs"
    ln -s /n/file "$1/in/box-n"
    ln -s loop "$1/in/loop"
    ln -s sub "$1/in/sub-link"
    ln -s nothing "$1/in/missing"
    mknod "$1/in/mem" c 1 1 2>/dev/null || true
    mknod "$1/in/ram" b 1 3 2>/dev/null || true
    mknod "$1/in/zero" c 1 5 2>/dev/null || true
}

# Everything that a command prints goes to $out.N, of the Nth command.  The first difference from
# what is expected is enough.
say() {
    count=$((count + 1))
    {
        echo "== $*"
        "$@" 2>&1 < /dev/null || echo "status $?"
    } | sed "s|$tmp|TMP|g; s/0x[0-9a-f]*/HEX/g" > "$out.$count"
    if [ "$compare" ]; then cmp "$out.$count" "${out%.got}.expected.$count"; fi
}

# The operations of run_ops "WHAT" in paths.exp, as arguments of op.
ops() {
    sed -n "/^run_ops \"$1\"/,/^}/s/^ *{\(.*\)} {.*/\1 ,/p" "$here/paths.exp"
}

# Whether five runs with the option (none: "") load the image at one address.
addresses() {
    for i in 1 2 3 4 5; do
        $run $1 --verbose "$2/args" 2>&1 < /dev/null | sed -n 's/.*image at 0x[0-9a-f]*\([0-9a-f]\{8\}\)$/\1/p'
    done | sort -u | wc -l | sed 's/^[2-9]$/several/'
}

# Runs the commands for one source file.
results() {
    tmp=$1/tmp out=$1/$2.$3 count=0
    if [ "$3" = got ]; then compare=yes; else compare=; fi
    rm -rf "$tmp" && mkdir -p "$tmp/w" && make_tree "$tmp/t"
    run="$qemu $1/lfi-run"
    case $2 in
    load)
        for f in "$1"/elf/*.elf; do say $run "$f"; done
        say $run --verbose "$1/args" x
        say $run --no-aslr --verbose "$1/args" x
        say addresses "" "$1"
        say addresses --no-aslr "$1"
        say $run "$1/stack" 4000
        for b in "$1"/bad/*; do say $run "$b"; done
        say $run "$tmp/t"
        say $qemu "$1/embed" "$1/embedded" 3
        say $qemu "$1/reload" "$1/reloaded" "$1/embedded" "$1/bad/embedded"
        ;;
    args)
        for p in box pointers hostile path wait; do say env -C "$tmp/w" $run --dir "$tmp/w" "$1/$p"; done
        rm -rf "$tmp/w" && mkdir "$tmp/w"
        say env -C "$tmp/w" sh -c 'ulimit -n 200; exec "$@"' sh $run --dir "$tmp/w" "$1/path"
        say $qemu "$1/embed" "$1/embedded" 3
        ;;
    limits)
        for w in loop block thread-loops; do say $run --timeout 0.5 "$1/contained" $w; done
        say $run --cpu 0.5 "$1/contained" loop
        say $run --cpu 100 --timeout 0.5 "$1/contained" loop
        say $run --cpu 0.5 --timeout 100 "$1/contained" loop
        say $run --timeout 100 --cpu 100 "$1/contained" compute
        say $run "$1/contained" limits
        say $run --memory 16M --threads 3 --files 10 --cpu 1.5 "$1/contained" limits
        say $run --memory 16M "$1/contained" memory
        say $run --threads 3 "$1/contained" thread-loops
        say $run --files 10 "$1/contained" files
        say $run --output 2500 "$1/contained" flood
        say $run --output 1 "$1/contained" file-own
        say $run --output 4000 --dir "$tmp/w" "$1/contained" file-map "$tmp/w/f"
        say $run --output 4096 --dir "$tmp/w" "$1/contained" file-map "$tmp/w/f"
        for w in write send allocate; do
            say $run --output 500 --dir "$tmp/w" "$1/contained" file-$w "$tmp/w/f"
            say cat "$tmp/w/f"
        done
        say $qemu "$1/embed" "$1/embedded" 3
        ;;
    resolve)
        mkdir "$tmp/r" && say "$1/resolve" "$tmp/r"
        ;;
    path)
        say $run --dir "/m=$tmp/t/in" --dir "/n=$tmp/t/other:ro" "$1/op" $(ops "two directories") \
            cat /m/mem , cat /m/ram , cat /m/zero , write /n/file , ls / , hold /n , catat ../secret
        say $run "$1/op" $(ops "nothing given")
        say $run --dir "/=$tmp/t/in" --dir "/sub/deep=$tmp/t/other" --dir "/new/x=$tmp/t/other" "$1/op" \
            $(ops "nested directories")
        mkdir "$tmp/t/odd:ro" && echo odd > "$tmp/t/odd:ro/file"
        say $run --dir "/a/x=$tmp/t/in" --dir "/a/y=$tmp/t/other" --dir "/dev/shm=$tmp/t/other" --dir "/ab=$tmp/t/other" \
            --dir "/odd=$tmp/t/odd:ro:rw" --dir "/ro=$tmp/t/odd:ro:ro" --dir "//b/./../c/=$tmp/t/other:rw" "$1/op" \
            $(ops "directories beside each other")
        mkdir "$tmp/t/in/sub/d"
        say $run --dir "/m=$tmp/t/in" --dir "/s=$tmp/t/in/sub" "$1/op" $(ops "overlapping directories")
        mkdir "$tmp/mounts"
        say "$here/with-mounts" "$tmp/mounts" $run --dir "/m=$tmp/mounts" --dir "/s=$tmp/mounts/a/u/s" "$1/op" \
            $(ops "other file systems")
        say env -C "$tmp/w" $run --dir "$tmp/w" "$1/path"
        say $qemu "$1/embed" "$1/embedded" 3
        say sh -c 'ulimit -n 30; exec "$@"' sh $run "$1/op" $(yes write /dev/null , | head -n 30)
        say $run --dir /:ro "$1/op" $(ops "the host's root")
        say $run --dir /proc "$1/op"
        say $run --dir "/m=$tmp/t/in" --dir "/m=$tmp/t/other" "$1/op"
        say $run --dir "m" --dir "$tmp/none" "$1/op"
        say env -C "$tmp/w" $run --dir "$tmp/w:ro" "$1/args"
        ;;
    esac
}

case $1 in
sources)
    echo $sources
    ;;
prepare)
    mkdir -p "$2/mutant/liblfi/linux" "$2/linked" "$2/elf" "$2/bad"
    for f in $sources; do compile "$2" "$top/$f" "$2/$(basename "$f" .c).o"; done
    compile "$2" "$here/embed.c" "$2/embed.o"
    compile "$2" "$here/reload.c" "$2/reload.o"
    cp "$2"/load.o "$2"/args.o "$2"/path.o "$2"/limits.o "$2/linked"
    link "$2"
    link_resolve "$2"
    for p in $programs; do
        "$prefix/bin/aarch64-lfi-linux-musl-gcc" -O2 -w -I"$top/liblfi/linux" \
            -o "$2/$p" "$here/calls/$p.c"
    done
    python3 -B "$top/testsuite/lfi-verify/elf_cases.py" "$2/elf" > "$2/elf.in"
    # The verifier's own unit takes away the checks of the file; the loader needs a few of each kind.
    find "$2/elf" -type f | sort | awk 'NR % 12' | xargs rm -f
    head -c 20000 "$2/args" > "$2/bad/short"
    "$prefix/bin/aarch64-lfi-linux-musl-gcc" -O2 -w -mlfi-profile=stores -o "$2/bad/stores" "$here/calls/args.c"
    "$prefix/bin/aarch64-lfi-linux-musl-gcc" -O2 -w -mlfi-profile=stores -I"$top/liblfi/linux" -o "$2/bad/embedded" \
        "$here/calls/embedded.c"
    # Its data segment grown to more than a box holds.
    python3 - "$2/args" "$2/bad/big" <<'END'
import struct, sys
b = bytearray(open(sys.argv[1], "rb").read())
off, num = struct.unpack_from("<Q", b, 32)[0], struct.unpack_from("<H", b, 56)[0]
for at in range(off, off + 56 * num, 56):
    if struct.unpack_from("<II", b, at) == (1, 6):
        struct.pack_into("<Q", b, at + 40, 0xf8000000)
open(sys.argv[2], "wb").write(b)
END
    for s in load args resolve path limits; do results "$2" $s expected; done
    ;;
build)
    name=$(basename "$3" .c)
    rm -f "$2"/mutant/liblfi/linux/*
    # What the resolver's own test notices need not be linked with everything else.
    if [ "$name" = path ]; then
        cp "$4" "$2/mutant/liblfi/linux/path.c"
        link_resolve "$2"
        echo resolve path > "$2/current"
    else
        link_with "$2" "$name" "$4"
        echo "$name" > "$2/current"
    fi
    ;;
check)
    # Mutants that loop; no program takes more than two seconds of the processor.
    ulimit -t 5
    # Before the first mutant everything is tried.
    for name in $(cat "$2/current" 2>/dev/null || echo args resolve path load limits); do
        if [ "$name" = path ] && [ -f "$2/current" ]; then
            link_with "$2" path "$2/mutant/liblfi/linux/path.c"
        fi
        results "$2" "$name" got
    done
    ;;
esac
