# With upstream's own test programs.
build() {
    make -C programs CC="$CC" lz4
    make -C tests CC="$CC" fuzzer frametest roundTripTest datagen checkFrame decompress-partial
}
exercise() {
    local f o lz4=$src/programs/lz4 t=$src/tests
    for f in text binary random zeros empty; do
        run $lz4 -q -c -1 < "$data/$f" > $f.lz4
        run $lz4 -q -t $f.lz4
        run $lz4 -q -dc $f.lz4 | cmp - "$data/$f"
    done
    for o in -4 -9 -12 --fast=7 '-B4 -BD' '-B5 -BX' --no-frame-crc --content-size -l '-9 --favor-decSpeed'; do
        run $lz4 -q -c $o < "$data/binary" > "binary$o.lz4"
        run $lz4 -q -dc "binary$o.lz4" | cmp - "$data/binary"
    done
    # Frames one after the other, and one that is to be skipped.
    cat text.lz4 $t/goldenSamples/skip.bin random.lz4 > frames.lz4
    run $lz4 -q -dc frames.lz4 | cmp - <(cat "$data/text" "$data/random")
    # Dictionaries; sparse files; files in place, several at once.
    head -c 60000 "$data/text" > dictionary
    head -c 50000 "$data/text" | tail -c 30000 > part
    run $lz4 -q -D dictionary part part.lz4
    run $lz4 -q -D dictionary -dc part.lz4 | cmp - part
    check nodictionary $lz4 -q -dc part.lz4
    run $lz4 -q -d --sparse zeros.lz4 sparse
    cmp sparse "$data/zeros"
    split -b 90000 "$data/binary" sample.
    run $lz4 -q -m --rm sample.*
    run $lz4 -q -d -m --rm sample.*.lz4
    cat sample.* | cmp - "$data/binary"
    rm sample.*
    check exists $lz4 text.lz4 sparse < "$data/empty"
    check list $lz4 --list binary--content-size.lz4 frames.lz4
    check verbose $lz4 -v -f "$data/text" verbose.lz4
    # Upstream's programs (what two of them print depends on the time): made data, every length and dictionary, frames, parts of blocks.
    run $t/datagen -g$([ $small = yes ] && echo 500000 || echo 2000000) -s7 -P60 > made
    run $t/roundTripTest made > roundtrip.txt
    run $lz4 -q -9 -BD made made.lz4
    run $t/checkFrame made.lz4 > checkframe.txt
    run $t/decompress-partial > partial.txt
    run $t/fuzzer -i$([ $small = yes ] && echo 20 || echo 200) -s11 > /dev/null
    run $t/frametest -i$([ $small = yes ] && echo 10 || echo 40) -s11 > /dev/null
    # Damage, and what is not there.
    damage text.lz4 head.lz4 0 4
    damage text.lz4 block.lz4 5000 40
    head -c 9000 text.lz4 > short.lz4
    for f in head block short missing; do check $f $lz4 -q -t $f.lz4; done
    check directory $lz4 .
    check option $lz4 --no-such-option
    check help $lz4 -H
}
