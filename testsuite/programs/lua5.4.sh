# Upstream exports the program's symbols for modules, which would make it a dynamic one.
build() {
    make CC="$CC $flags -static"
    # The interpreter with a shared library, and a module that it loads.  clang links programs alone.
    [ $kind.$compiler.$small = full.gcc.no ] || return 0
    (
        cd src
        CC="$CC $flags -O2"
        $CC -DLUA_USE_DLOPEN -fPIC -shared -Wl,-soname,liblua.so -o liblua.so $(ls l*.c | grep -v '^luac*\.c$') -lm
        $CC -Wl,-rpath,"$work/src/src" -o lua-shared lua.c -L. -llua
        $CC -fPIC -shared -I. -o counter.so "$programs/lua-module.c"
    )
}
exercise() {
    local lua=$src/src/lua s=$programs
    run $lua "$s/lua-test.lua" > test.txt
    run $lua "$s/lua-text.lua" "$data/text" words.txt > text.txt
    echo 'print(_VERSION, 7 // 2, 2^53, "x" .. 1.5, ...)' | run $lua - one two > stdin.txt
    check expression $lua -W -e 'print(#arg, arg[0], arg[-1])' -e 'warn("careful")'
    check version $lua -v
    if [ -x $src/src/lua-shared ]; then
        run $src/src/lua-shared "$s/lua-test.lua" | cmp - test.txt
        LUA_CPATH= run $src/src/lua-shared -e "package.cpath = '$work/src/src/?.so'" "$s/lua-module.lua"
    fi
    # Ends: errors with their traces, statuses.
    check error $lua "$s/lua-error.lua" deep
    check value $lua "$s/lua-error.lua" value
    check exit $lua "$s/lua-error.lua" exit
    check close $lua "$s/lua-error.lua" close
    check overflow $lua "$s/lua-error.lua" overflow
    check memory $lua "$s/lua-error.lua" memory
    check syntax $lua -e 'x = = 1'
    check missing $lua missing.lua
    check usage $lua --bad
    check module $lua -e 'require "no.such.module"'
    # The compiler's output is a program for the interpreter.
    run $src/src/luac -o test.luac "$s/lua-test.lua"
    run $lua test.luac | cmp - test.txt
    run $src/src/luac -l -l -p "$s/lua-text.lua" | sed 's/0x[0-9a-f]*/ADDRESS/g' > listing.txt
    head -c 400 test.luac > short.luac
    check short $lua short.luac
}
