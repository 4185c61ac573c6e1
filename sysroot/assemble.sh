# The part of 'build' for profiles that reserve the same registers.  They give the compiler the same
# options, so that it runs for the first of them alone (build --keep yes): what it gave to the assembler
# is kept beside its build directories.  The others (build --from WORK) copy those directories, assemble
# every object in them anew, which rewrites it by their rules, and go on as if they had compiled.
# Sourced by it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2086

# What the compiler proper is told, but for the places of the profile.
compiler_command() { # cc1|cc1plus OPTION...
    local compiler=$1 source=$work/try.c
    shift
    [ "$compiler" = cc1 ] || source=$work/try.cc
    echo > "$source"
    $cc "$@" -### -S "$source" -o "$work/try.s" 2>&1 | grep "/$compiler " |
        sed -e "s,$libdir,LIBDIR,g" -e "s,$prefix/libexec/lfi/$arch/$profile,TOOLS,g" -e "s,$work,WORK,g"
}
same_command() { # FILE COMPILER OPTION...
    local file=$1
    shift
    [ "$(compiler_command "$@")" = "$(cat "$file")" ] ||
        die "$name: the compiler has other options than for the profile of $file"
}

# "SUM  OBJECT" for what the compiler made in the build directories, which the others' depend on.
objects_index() {
    local sum object
    cd "$work"
    find build-musl/obj "build-gcc/$triple" \( -name '*.o' -o -name '*.lo' \) -print0 | sort -z |
        xargs -0 sha256sum > kept-c/index.new
    while read -r sum object; do
        [ -f "kept-c$work/$object.s" ] || { echo "error: $object did not come through the assembler" >&2; return 1; }
    done < kept-c/index.new
    compiler_command cc1 -O2 > kept-c/command
    mv kept-c/index.new kept-c/index
}

# What was linked and archived is made again.  Makefiles name the first one's directories for
# sources alone: what they set is said on make's command line.
assemble_objects() {
    rm -rf "$work/build-musl" "$work/build-gcc"
    cp -a "$from/build-musl" "$from/build-gcc" "$work/"
    find "$work/build-musl" "$work/build-gcc" \( -name '*.a' -o -name '*.so' -o -name '*.so.*' \) -delete
    find "$work/build-musl/lib" "$work/build-gcc/gcc" -name '*.o' -delete
    cd "$work"
    {
        printf 'objects = %s\n' "$(sed 's/^[0-9a-f]*  //' "$from/kept-c/index" | tr '\n' ' ')"
        printf 'all: $(objects)\n$(objects): FORCE\n\t@%s $$(cat %s/$@.options) -o $@ %s/$@.s\nFORCE:\n' \
            "$prefix/libexec/lfi/$arch/$profile/as" "$from/kept-c$from" "$from/kept-c$from"
    } > assemble.mk
    make -r -f assemble.mk
}
