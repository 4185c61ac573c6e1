# Upstream's tarball has the sources combined for embedding: nothing is generated.
build() { make -f Makefile.cmdline CC="$CC"; }
exercise() {
    local duk=$src/duk s=$programs
    run $duk "$s/duktape-test.js" > test.txt
    run $duk $src/mandel.js > mandel.txt
    run $duk $src/examples/guide/fib.js $src/examples/guide/process.js > several.txt
    echo 'print(1 + 1); this.x = [1, 2].concat(3);' | run $duk --run-stdin > stdin.txt
    run $duk -e 'var n = 0; for (var i = 0; i < '$([ $small = yes ] && echo 3e5 || echo 3e6)'; i++) { n = n * 31 + i | 0; } print(n);' > loop.txt
    # Line by line, as one types it: values, errors, and on it goes.
    printf '%s\n' '1 / 3' 'var x = {a: [1, "b"]}; x' 'x.y.z' 'throw 7' 'x = = 1' '"last"' > lines
    check lines $duk -i < lines
    check empty $duk < "$data/empty"
    # The compiler's output is a program too.
    run $duk -c test.bin "$s/duktape-test.js" > compile.txt
    check bytecode $duk -b test.bin
    # Ends: errors with their traces, statuses.
    check error $duk "$s/duktape-error.js"
    check syntax $duk -e 'x = = 1'
    check value $duk -e 'throw {toString: function () { return "an object"; }}'
    check exit $duk -e 'print("buffered"); throw new Error("end");' -e 'print("not reached");'
    # Backtracking that doubles with every letter.
    check regexp $duk -e '/(a+)+$/.exec(Array('$([ $small = yes ] && echo 22 || echo 30)').join("a") + "b"); print("end");'
    check memory $duk -e 'var s = "x"; while (true) s += s;'
    check recursion $duk -e 'var a = []; a[0] = a; JSON.stringify(a);'
    check text $duk "$data/text"
    check missing $duk missing.js
    check option $duk --no-such-option
}
