source_name=lua5.4
programs=src/lua
build() { make -C src CC="$CC -std=gnu99" generic; }
exercise() {
    run src/lua "$here/programs/lua-test.lua" > "$out/lua.txt"
    echo 'print(_VERSION, 7 // 2, 2^53, "x" .. 1.5)' | run src/lua - > "$out/stdin.txt"
}
