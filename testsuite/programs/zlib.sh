configure() { CHOST=$host ./configure $flags; }
build() { make; }
exercise() {
    local f n modes=(-1 -6 -9 '-9 -h' '-6 -r')
    [ $small = no ] || modes=(-9 '-6 -r')
    for f in text binary random zeros empty; do
        for n in "${modes[@]}"; do
            run $src/minigzip $n < "$data/$f" > "$f$n.gz"
            run $src/minigzip -d < "$f$n.gz" | cmp - "$data/$f"
        done
        gzip -dc "$f-9.gz" | cmp - "$data/$f"
        gzip -nc "$data/$f" | run $src/minigzip64 -d | cmp - "$data/$f"
    done
    # Files in place.
    cp "$data/text" a
    run $src/minigzip a
    [ ! -e a ]
    run $src/minigzip -d a.gz
    cmp a "$data/text"
    run $src/minigzip -c a > copy.gz
    damage text-9.gz head.gz 0 2
    damage text-9.gz block.gz 5000 40
    head -c 9000 text-9.gz > short.gz
    for f in head block short missing; do check $f $src/minigzip -d $f.gz; done
    # With the shared library the same, where there is one.
    if [ -x $src/minigzipsh ]; then
        environment=LD_LIBRARY_PATH=$work/src
        for f in text binary; do run $src/minigzipsh -9 < "$data/$f" | cmp - "$f-9.gz"; done
        run $src/examplesh sh.gz > sh.txt
        run $src/example sh.gz | cmp - sh.txt
        rm sh.gz sh.txt
        environment=
    fi
    # Upstream's own tests of the library.
    for f in example example64; do run $src/$f $f.gz > $f.txt; done
}
