# C++: upstream's unit tests, and its documents through the library in all its ways of writing.
configure() { cmake -S . -B build -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_BUILD_TYPE=Release $flags; }
build() { make -C build; }
exercise() {
    local f o b runner=$src/build/bin/jsontestrunner_exe
    check unit $src/build/bin/jsoncpp_test
    check list $src/build/bin/jsoncpp_test --list-tests
    check one $src/build/bin/jsoncpp_test --test ValueTest/objects
    # What upstream expects comes out; what must fail does.
    for o in StyledWriter StyledStreamWriter BuiltStyledStreamWriter; do
        cp -R $src/test/data $o
        for f in $o/*.json; do
            case $f in
                */fail*) check "${f//\//-}" $runner --json-checker --json-writer $o "$f" ;;
                *)
                    b=${f%.json}
                    run $runner --json-writer $o "$f"
                    diff --strip-trailing-cr -bB "$b.expected" "$b.actual"
                    diff --strip-trailing-cr -bB "$b.expected" "$b.actual-rewrite"
                    ;;
            esac
        done
    done
    for f in $src/test/jsonchecker/*.json; do
        check "checker-${f##*/}" $runner --json-checker --json-writer StyledWriter "$f"
    done
    # Damage: the parser's exceptions and messages.
    for f in 30 300 1500; do
        damage $src/test/data/legacy_test_large_01.json damaged.json $f 5
        check damaged$f $runner --json-checker damaged.json
    done
    check text $runner --json-checker "$data/text"
    check binary $runner --json-checker "$data/binary"
    check nothing $runner --json-checker "$data/empty"
    check missing $runner missing.json
    check option $runner --no-such-option
}
