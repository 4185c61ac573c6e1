configure() { ./configure --host="$host" $flags; }
build() { make; }
exercise() {
    local f o xz=$src/src/xz/xz files=$src/tests/files
    for f in text binary random zeros empty; do
        run $xz -c -6 -T1 < "$data/$f" > $f.xz
        run $xz -t $f.xz
        run $xz -dc $f.xz | cmp - "$data/$f"
        xz -dc $f.xz | cmp - "$data/$f"
    done
    run $xz -c --format=lzma < "$data/text" > text.lzma
    run $src/src/lzmainfo/lzmainfo text.lzma > lzmainfo.txt
    run $src/src/xzdec/xzdec < text.xz | cmp - "$data/text"
    run $src/src/xzdec/lzmadec < text.lzma | cmp - "$data/text"
    # Threads, both ways; filters, checks, presets.
    run $xz -c -T2 -4 --block-size=524288 < "$data/mixed" > threads.xz
    run $xz -dc -T2 threads.xz | cmp - "$data/mixed"
    run $xz -dc -T1 threads.xz | cmp - "$data/mixed"
    for o in '-0 --check=none' '-2e --check=sha256' '-3 --check=crc32'; do
        run $xz -T1 -c $o < "$data/text" > "text$o.xz"
    done
    for o in --x86 --arm64 --delta=dist=4; do
        run $xz -T1 -c $o --lzma2=preset=2 < "$data/binary" > "binary$o.xz"
        run $xz -dc "binary$o.xz" | cmp - "$data/binary"
    done
    # Files in place, with mode and time kept; lists.
    cp "$data/text" a
    chmod 640 a
    touch -d '2001-02-03 04:05:06 UTC' a
    run $xz -1 -T1 -k a
    check exists $xz -1 -T1 a
    rm a
    run $xz -d a.xz
    cmp a "$data/text"
    stat -c '%a %Y %s' a > mode.txt
    check threads-list $xz --list text.xz threads.xz
    check threads-robot $xz --robot --list -vv threads.xz
    # Upstream's own good and bad files: messages and statuses.
    for f in "$files"/*.xz "$files"/*.lzma "$files"/*.lz; do
        check "${f##*/}" $xz -dc "$f"
    done
    damage text.xz head.xz 0 4
    damage text.xz block.xz 5000 40
    head -c 9000 text.xz > short.xz
    for f in head block short missing; do check $f $xz -tv -q $f.xz; done
    damage threads.xz threads-block.xz 200000 40
    check threads-block $xz -dc -T1 threads-block.xz
    check threads-memory $xz -t -M 100KiB text.xz
    check option $xz --no-such-option
    check help $xz --long-help
}
