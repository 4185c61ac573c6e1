build() { make CC="$CC" bzip2 bzip2recover; }
exercise() {
    local f n
    # What upstream's own test does.
    for n in 1 2 3; do
        run $src/bzip2 -$n < $src/sample$n.ref | cmp - $src/sample$n.bz2
        run $src/bzip2 -d $([ $n = 1 ] || echo -s) < $src/sample$n.bz2 | cmp - $src/sample$n.ref
    done
    for f in text binary random zeros empty; do
        run $src/bzip2 -c -9 < "$data/$f" > $f.bz2
        run $src/bzip2 -t $f.bz2
        run $src/bzip2 -dc $f.bz2 | cmp - "$data/$f"
    done
    # Files in place, several at once, and what is there already.
    cp "$data/text" a
    cp "$data/binary" b
    run $src/bzip2 -k -1 a b
    check exists $src/bzip2 a
    rm a
    run $src/bzip2 -d a.bz2
    cmp a "$data/text"
    check verbose $src/bzip2 -tv b.bz2
    # Damage: in the header, in a block, at the end; missing files; a directory.
    damage text.bz2 head.bz2 0 2
    damage text.bz2 block.bz2 5000 40
    head -c 9000 text.bz2 > short.bz2
    for f in head block short; do check $f $src/bzip2 -dc $f.bz2; done
    check twice $src/bzip2 -t text.bz2 block.bz2 empty.bz2 missing.bz2
    check recover $src/bzip2recover block.bz2
    mkdir dir
    check directory $src/bzip2 dir
    check option $src/bzip2 --no-such-option
    check help $src/bzip2 --help
}
