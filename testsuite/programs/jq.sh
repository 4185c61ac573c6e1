# Filters of JSON, with the regular expressions of libonig: upstream's tests of both, and words of a real text.
needs=libonig
configure() {
    tar -xf "$(source_of libonig)" -C modules/oniguruma --strip-components=1
    # What is asked is the version in git, of whatever repository this directory is in.
    printf '#!/bin/sh\necho 1.6\n' > scripts/version
    sed -i '1,4d; s/\[jq_version\]/[1.6]/' configure.ac
    autoreconf -fi
    ./configure --host="$host" $flags
}
onig_tests="test_utf8 test_syntax test_options testc testcu test_back"
build() {
    make -C modules/oniguruma/src
    make -C modules/oniguruma/test $onig_tests
    make src/builtin.inc src/version.h jq
}
# Upstream's script, which starts jq by its path some three hundred times.
shell_tests() {
    local suite=$work/suite in_box=
    mkdir "$suite"
    cp -R $src/tests "$suite/"
    cp $src/jq "$suite/jq.program"
    [ "$kind" = baseline ] || in_box="lfi-run $allow --env-all --dir $suite --"
    printf '#!/bin/sh\nexec %s %s "$@"\n' "$in_box" "$suite/jq.program" > "$suite/jq"
    chmod +x "$suite/jq"
    (
        cd "$suite"
        NO_VALGRIND=1 TMPDIR=$suite tests/shtest
        NO_VALGRIND=1 TMPDIR=$suite tests/utf8test
    )
}
passed() { awk '/^[0-9]+ of [0-9]+ tests passed/ { n += $1 } END { print n }'; }
exercise() {
    local jq=$src/jq name
    environment=TZ=UTC0
    for name in jq onig base64 optional; do
        check $name $jq -L $src/tests/modules --run-tests $src/tests/$name.test
    done
    [ "$(cat jq.out onig.out base64.out optional.out | passed)" -ge 353 ]
    for name in $onig_tests; do check $name $src/modules/oniguruma/test/$name; done
    [ "$(cat test*.out | grep -ac '^OK')" -ge 4345 ]
    [ -n "$emulator" ] || shell_tests
    head -c 300000 "$data/text" > text
    run $jq -R -n -c 'reduce (inputs | splits("[^A-Za-z_]+")) as $w ({}; .[$w] += 1)
        | to_entries | sort_by(-.value, .key) | .[:500][]' text > words.json
    run $jq -c 'select(.key | test("^[a-z]+_[a-z]+$"))' words.json > names.json
    run $jq -s 'map(.value) | add, add / length, (sort | .[length / 2 | floor]), max' words.json > numbers.txt
    run $jq -s -r '.[] | [.key, .value] | @csv, @tsv, @html, @sh, @uri, @base64, @json' words.json > formats.txt
    run $jq -s -S --indent 3 'group_by(.key | length) | map({(.[0].key | length | tostring): map(.key)}) | add' words.json > groups.json
    run $jq -c --stream . groups.json > stream.txt
    run $jq -c --seq --tab -C . names.json > colours.txt
    run $jq -n '[range(1; 100; 7)] | map(sqrt, sin, log2, pow(.; 7.5), . * 1e300 * 1e10, tojson, @text)' > math.txt
    run $jq -n '1425599621 | todate, strftime("%A, %B %d, %Y"), (gmtime | mktime), ("2015-03-05T23:51:47Z" | fromdate)' > dates.txt
    run $jq -n '[limit(30; 1 | repeat(. * 2))], (try error("x") catch .), ([1, [2, [3]]] | flatten), input_line_number,
        ("abc" | ascii_downcase, explode, sub("(?<x>b)"; "<\(.x)>")), ({} | .a.b[2].c = 1), ([3, 1, 2] | sort, min, unique)' > calc.txt
    head -c 2000 "$data/random" > noise
    head -c 30000 /dev/zero | tr '\0' '[' > deep
    check syntax $jq '{'
    check type $jq -n '1 + {}'
    check noise $jq . noise
    check deep $jq . deep
    check missing $jq . missing
    check halt $jq -n '"ended" | halt_error(7)'
    check false $jq -n -e 'null'
    check module $jq -L $src/tests/modules -n 'import "syntaxerror" as s; 1'
    sed -i "s,$work/,," module.err
    check version $jq --version
    rm text noise deep
}
