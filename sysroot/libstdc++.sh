# The part of 'build' for C++: libstdc++ with libsupc++ and its headers, and libatomic, from
# GCC's source.  Sourced by it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2086
#
# Profiles that reserve the same registers give the compiler the same options, so that it runs for the
# first of them alone (build --c++ DIR): what it gave to the assembler is kept in DIR, and the others
# assemble that (build --c++-from DIR), which rewrites it by their rules.

cxx_archives="libstdc++.a libsupc++.a libstdc++fs.a libatomic.a"
cxx_headers=$include/c++/12
# One compilation serves archives and shared libraries.
cxx_flags="-O2 -g0 -fPIC -fno-semantic-interposition"

cxx_fingerprint() {
    sha256sum < "${BASH_SOURCE[0]}"
    cat "$here/keep-assembly" "$here/assemble.sh"
    cat "$work/fingerprint"
    [ -z "${cxx_from-}" ] || cat "$cxx_from/index"
}

# Does what is left of the arguments unless the last result was made of the same things.
cxx_unless_same() {
    [ -f "$work/fingerprint" ] || die "$name: C++ needs the C library, which was not built"
    cxx_fingerprint > "$work/c++.new"
    if [ -f "$libdir/libatomic.so" ] && [ -f "$cxx_headers/iostream" ] && [ -f "${cxx_to:-$cxx_from}/index" ] &&
        cmp -s "$work/c++" "$work/c++.new"; then
        return 0
    fi
    rm -f "$work/c++"
    "$@"
    mv "$work/c++.new" "$work/c++"
}

# Beside a directory 'libgcc', from where it takes the kind of threads.  For a random_device the
# runtime has getrandom, which musl's getentropy calls; there is no rdrand in boxes.
libstdcxx_configure() {
    local b=$work/build-c++
    mkdir -p "$b/libgcc" "$b/libstdc++-v3"
    ln -s "$work/gcc-c++/libgcc/gthr-posix.h" "$b/libgcc/gthr-default.h"
    cd "$b/libstdc++-v3"
    ac_cv_x86_rdrand=no ac_cv_x86_rdseed=no \
        "$work/gcc-c++/libstdc++-v3/configure" --build="$("$work/gcc-c++/config.guess")" --host="$triple" \
        --prefix="$prefix/$triple" --libdir="$libdir" --with-gxx-include-dir="$cxx_headers" --disable-shared \
        --disable-multilib --disable-nls --disable-libstdcxx-pch --enable-threads=posix --enable-libstdcxx-time \
        CC="$cxx_cc" CXX="$cxx_cc -nostdinc++" AR="$ar" RANLIB="$ranlib" CFLAGS="$cxx_flags" CXXFLAGS="$cxx_flags"
}
libstdcxx_build() {
    make -C "$work/build-c++/libstdc++-v3" SUBDIRS="include libsupc++ src"
}

# The headers are those of all profiles: the first one's are installed, the others' must be equal.
libstdcxx_headers() {
    local b=$work/build-c++/libstdc++-v3 d=$work/build-c++/headers
    make -C "$b/include" install DESTDIR="$d"
    make -C "$b/libsupc++" install-stdHEADERS install-bitsHEADERS DESTDIR="$d"
    if [ "$headers" = install ]; then
        rm -rf "$cxx_headers"
        mkdir -p "${cxx_headers%/*}"
        mv "$d$cxx_headers" "$cxx_headers"
    else
        diff -r "$d$cxx_headers" "$cxx_headers"
    fi
}

# There is nobody in a box to choose functions while a program is loaded (ifunc).
libatomic_configure() {
    mkdir -p "$work/build-c++/libatomic"
    cd "$work/build-c++/libatomic"
    libat_cv_have_ifunc=no \
        "$work/gcc-c++/libatomic/configure" --build="$("$work/gcc-c++/config.guess")" --host="$triple" \
        --prefix="$prefix/$triple" --libdir="$libdir" --disable-shared --disable-multilib --disable-werror \
        CC="$cxx_cc" AR="$ar" RANLIB="$ranlib" CFLAGS="$cxx_flags"
}
libatomic_build() {
    make -C "$work/build-c++/libatomic" SUBDIRS= all-am
}

cxx_install() {
    local a
    for a in $cxx_archives; do
        cp "$(find "$work/build-c++" -path "*/.libs/$a")" "$libdir/"
        "$ranlib" "$libdir/$a"
    done
}

# The shared libraries, of the objects in the archives.
cxx_shared() {
    local l
    for l in libstdc++.so.6 libatomic.so.1; do
        $cc -shared -Wl,-soname,$l -Wl,--whole-archive "$libdir/${l%.so.*}.a" -Wl,--no-whole-archive \
            -o "$libdir/$l"
        ln -sf $l "$libdir/${l%.*}"
    done
}

# "ARCHIVE MEMBER SUM" for each member of the archives, in order; all must have been kept.
cxx_index() {
    local a n member sum object
    cd "$1"
    # Of the objects that are still there, by their sums.
    find . -name '*.s' -printf '%P\n' | while read -r object; do
        [ ! -f "/${object%.s}" ] || echo "/${object%.s}"
    done | xargs -d '\n' sha256sum | while read -r sum object; do
        mv "$1$object.s" "$1/$sum.s" && mv "$1$object.options" "$1/$sum.options"
    done
    mkdir -p "$work/build-c++/member"
    cd "$work/build-c++/member"
    for a in $cxx_archives; do
        "$ar" t "$libdir/$a" | awk '{ print ++n[$0], $0 }' | while read -r n member; do
            "$ar" xN "$n" "$libdir/$a" "$member"
            sum=$(sha256sum < "$member")
            sum=${sum%% *}
            rm -f "$member"
            [ -f "$1/$sum.s" ] || { echo "error: $member of $a did not come through the assembler" >&2; return 1; }
            echo "$a $member $sum"
        done || return 1
    done > "$1/index.new"
    # Not what configure tried.
    find "$1" -type f ! -name index.new -print | grep -vFf <(cut -d ' ' -f 3 "$1/index.new") | xargs -r rm -f
    find "$1" -mindepth 1 -type d -empty -delete
    compiler_command cc1plus $cxx_flags > "$1/command"
    mv "$1/index.new" "$1/index"
}

cxx_compile() { # DIR
    local start=$SECONDS cxx_cc
    rm -rf "$1" "$work/build-c++"
    mkdir -p "$1"
    cxx_cc="$cc -wrapper $here/keep-assembly,$1"
    sources gcc "$gcc" gcc-c++
    quietly "configuring libstdc++" libstdcxx_configure
    quietly "building libstdc++" libstdcxx_build
    quietly "installing the headers of libstdc++" libstdcxx_headers
    quietly "configuring libatomic" libatomic_configure
    quietly "building libatomic" libatomic_build
    quietly "installing libstdc++" cxx_install
    quietly "linking libstdc++" cxx_shared
    quietly "keeping the assembly of libstdc++" cxx_index "$1"
    rm -rf "$work/build-c++" "$work/gcc-c++"
    echo "  $name: libstdc++ built in $((SECONDS - start)) s"
}

# The archives from what another profile's compilation kept.
cxx_rewrite() { # DIR
    local d=$work/build-c++ a member sum n=0
    {
        printf 'all: %s\n' "$(cut -d ' ' -f 3 "$1/index" | sort -u | sed 's/$/.o/' | tr '\n' ' ')"
        printf '%%.o: %s/%%.s\n\t@%s $$(cat %s/$*.options) -o $@ $<\n' "$1" \
            "$prefix/libexec/lfi/$arch/$profile/as" "$1"
    } > "$d/Makefile"
    make -C "$d"
    # Archives can have members of one name, directories cannot.
    while read -r a member sum; do
        n=$((n + 1))
        mkdir "$d/$n"
        ln "$d/$sum.o" "$d/$n/$member"
        echo "$d/$n/$member" >> "$d/$a.members"
    done < "$1/index"
    for a in $cxx_archives; do
        rm -f "$libdir/$a"
        xargs "$ar" qc "$libdir/$a" < "$d/$a.members"
        "$ranlib" "$libdir/$a"
    done
}
cxx_assemble() { # DIR
    local start=$SECONDS
    same_command "$1/command" cc1plus $cxx_flags
    rm -rf "$work/build-c++"
    mkdir "$work/build-c++"
    quietly "assembling libstdc++" cxx_rewrite "$1"
    quietly "linking libstdc++" cxx_shared
    rm -rf "$work/build-c++"
    echo "  $name: libstdc++ assembled in $((SECONDS - start)) s"
}
