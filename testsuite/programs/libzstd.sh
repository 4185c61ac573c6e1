build() { make -C programs CC="$CC" $flags zstd; }
exercise() {
    local f o zstd=$src/programs/zstd
    for f in text binary random zeros empty; do
        run $zstd -q -c -9 --single-thread < "$data/$f" > $f.zst
        run $zstd -q -t $f.zst
        run $zstd -q -dc $f.zst | cmp - "$data/$f"
    done
    for o in -1 --fast=5 -15 '-3 --no-check' '-3 --format=zstd --content-size'; do
        run $zstd -q -c $o < "$data/text" > "text$o.zst"
        run $zstd -q -dc "text$o.zst" | cmp - "$data/text"
    done
    run $zstd -q -c -19 < "$data/text" > slow.zst
    run $zstd -q -dc slow.zst | cmp - "$data/text"
    # Threads, and repetition that only a long window sees.
    if [ "$threads" = yes ]; then
        run $zstd -q -c --adapt < "$data/text" > threads-adapt.zst
        run $zstd -q -dc threads-adapt.zst | cmp - "$data/text"
    fi
    run $zstd -q -c -T2 -B524288 < "$data/mixed" > threads.zst
    run $zstd -q -dc threads.zst | cmp - "$data/mixed"
    run $zstd -q -c --long=27 -3 < "$data/mixed" > long.zst
    run $zstd -q -dc --long=27 long.zst | cmp - "$data/mixed"
    [ "$(wc -c < long.zst)" -lt "$(wc -c < threads.zst)" ]
    # Dictionaries, patches, files in place.
    split -b 8000 "$data/text" sample.
    run $zstd -q --train sample.* --maxdict=20000 -o dictionary
    run $zstd -q -D dictionary sample.ab -o ab.zst
    run $zstd -q -D dictionary -dc ab.zst | cmp - sample.ab
    check nodictionary $zstd -q -dc ab.zst
    { cat "$data/text"; echo more; } > new
    run $zstd -q --patch-from="$data/text" new -o patch.zst
    run $zstd -q -d --patch-from="$data/text" patch.zst -c | cmp - new
    run $zstd -q --rm sample.*
    run $zstd -q -d --rm sample.*.zst
    cat sample.* | cmp - "$data/text"
    rm sample.*
    check exists $zstd -q text.zst -d -o new
    check list $zstd -l text.zst
    # Upstream's files, and damage: messages and statuses.
    for f in $src/tests/golden-decompression/*.zst; do check "${f##*/}" $zstd -q -dc "$f"; done
    damage text.zst head.zst 0 4
    damage text.zst block.zst 5000 40
    head -c 9000 text.zst > short.zst
    for f in head block short missing; do check $f $zstd -q -t $f.zst; done
    check dblock $zstd -q -d block.zst -o block.restored
    check window $zstd -q -t -M1 long.zst
    check option $zstd --no-such-option
    check threads-help $zstd --help
}
