# The program, and those of its own tests that need no more than a script and an input.
configure() { ./configure --host="$host" --disable-extensions --disable-nls --disable-mpfr; }
build() {
    make -C support
    make gawk
}
# Tests that start another program, ask who runs them, want a network, or wait to be told to go on.
gawk_without="childin clos1way close_status exitval2 getline getline3 getline5 getlnhd iobug1 longwrds nsidentifier
    pipeio1 pty1 rstest3 rstest4 rstest5 sigpipe1 spacere status-close timeout id nonfatal3 profile10"
exercise() {
    local gawk=$src/gawk t=$src/test name ok input passed=0
    # Upstream's own: what each prints is beside it.  Most that fail so want other options.
    for ok in "$t"/*.ok; do
        name=${ok##*/}
        name=${name%.ok}
        case " $(echo $gawk_without) " in *" $name "*) continue ;; esac
        [ -f "$t/$name.awk" ] || continue
        input=/dev/null
        [ ! -f "$t/$name.in" ] || input=$t/$name.in
        if run $gawk -f "$t/$name.awk" < "$input" > output 2>&1 && cmp -s output "$ok"; then
            passed=$((passed + 1))
            echo "PASS: $name"
        fi
    done > tests.txt
    # What they wrote.
    find . -mindepth 1 ! -name tests.txt -delete
    [ $passed -ge 320 ]
    run $gawk -f "$programs/words.awk" "$data/text" > words.txt
    run $gawk -f "$programs/report.awk" -v out=report "$data/text" > report.txt
    run $gawk 'BEGIN { print strftime("%F %T", 86400 * 365, 1), length("\303\244\303\266"), PROCINFO["version"]
        n = split("d b c a", x); asort(x); for (i = 1; i <= n; i++) printf "%s ", x[i]
        print gensub(/(.)(.)/, "\\2\\1", "g", "abcdef"), and(12, 10), strtonum("0x1f"); printf "%.6f %d\n", atan2(0, -1), 2^53 }' > calc.txt
    run $gawk '{ n[$1 % 7 ""][$2] += NF } END { for (i in n) for (j in n[i]) s += n[i][j]; print s, length(n) }' "$data/text" > arrays.txt
    run $gawk --profile=profile.txt 'function f(n) { return n ? n * f(n - 1) : 1 } BEGIN { print f(20) }' > profiled.txt
    sed -i 1d profile.txt
    check syntax $gawk 'BEGIN { print ( }'
    check fatal $gawk 'BEGIN { printf "%d" ; getline < "/nowhere" ; print ERRNO; exit 7 }'
    check missing $gawk '{ print }' missing
    check lint $gawk --lint 'BEGIN { x; print y }'
    check version $gawk --version
}
