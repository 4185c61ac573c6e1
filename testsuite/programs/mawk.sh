configure() { ./configure --host="$host"; }
build() { make; }
exercise() {
    local f mawk=$src/mawk t=$src/test
    run $mawk -f "$programs/words.awk" "$data/text" > words.txt
    run $mawk -f "$programs/report.awk" -v out=report "$data/text" > report.txt
    run $mawk 'BEGIN { for (i = 0; i < 200000; i++) s += sin(i) * i; printf "%.6f\n", s;
        x = sprintf("%s|%5d|%-5s|%c|%e|%x", "str", 42, "l", 65, 12345.678, 255); print x;
        gsub(/[0-9]/, "#", x); print x, length(x);
        print substr("hello", 2, 3), index("hello", "l"), match("foobar", /o+/), RSTART, RLENGTH
        srand(7); for (i = 0; i < 5; i++) printf "%.10f ", rand(); print srand() }' > calc.txt
    run $mawk 'NR % 100 == 0 { print FILENAME != "", FNR ": " $0; $3 = "third"; print NF }' "$data/text" "$data/text" > every.txt
    run $mawk -F: -v OFS=';' '{ $1 = $1; print; while ((getline line < FILENAME) > 0) n++ } END { print n, NR }' \
        "$programs/words.awk" > getline.txt
    run $mawk '{ n += length($0) } END { print NR, n }' "$data/binary" > binary.txt
    # Upstream's tests and examples.
    run $mawk -f $t/wc.awk $t/mawktest.dat | cmp - $t/wc-awk.out
    for f in 0 1 2 3 4 5 6 7; do run $mawk -f $t/reg$f.awk $t/mawktest.dat; done > reg.txt
    run $mawk -f $t/wfrq0.awk $t/mawktest.dat > wfrq.txt
    run $mawk -f $t/null-rs.awk $t/null-rs.dat | cmp - $t/null-rs.out
    run $mawk -f $src/examples/decl.awk < /dev/null > decl.txt
    echo "char *(*f)(int), x[3];" | run $mawk -f $src/examples/decl.awk > decl.txt
    run $mawk -f $src/examples/primes.awk 3000 > primes.txt
    run $mawk -f $src/examples/qsort.awk < $t/mawktest.dat > qsort.txt
    for f in 1 2 3; do check fpe$f $mawk -f $t/fpetest$f.awk; done
    # Ends.
    check exit $mawk 'END { print "end"; exit 5 } { exit 3 }' "$data/text"
    check syntax $mawk 'BEGIN { print ( }'
    check regexp $mawk '/(/ { print }' "$data/text"
    check missing $mawk '{ print }' "$data/empty" missing
    check program $mawk -f missing.awk
    check usage $mawk
    check division $mawk 'BEGIN { print 1 / 0, log(-1), -log(0) }'
    check recursion $mawk 'function f(n) { return n ? 1 + f(n - 1) : 0 } BEGIN { print f(1000) }'
    check version $mawk -W version
}
