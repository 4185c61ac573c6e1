# With the programs of upstream's tests.
configure() { ./configure --host="$host" $flags; }
build() {
    make
    make -C src check TESTS=
}
exercise() {
    local f o size=288000 flac=$src/src/flac/flac meta=$src/src/metaflac/metaflac t=$src/test
    local raw='--force-raw-format --endian=little --sign=signed --channels=2 --bps=16 --sample-rate=48000'
    cp "$data/sound" sound.raw
    for o in -0 -5 -8 '-8 -p' '-5 -l 32 --lax' '-3 -b 1152 -m' '-6 -A flattop -r 2,6' --no-padding '-5 -V'; do
        run $flac -s $o $raw -o "sound$o.flac" sound.raw
        run $flac -s -t "sound$o.flac"
        run $flac -s -d -c --force-raw-format --endian=little --sign=signed "sound$o.flac" | cmp - sound.raw
    done
    # Other shapes of samples, whole ones, from noise and machine code.
    [ $small = no ] || size=72000
    for o in '--channels=1 --bps=8 --sample-rate=8000' '--channels=3 --bps=24 --sample-rate=96000' \
        '--channels=8 --bps=16 --sample-rate=44100' '--channels=2 --bps=32 --sample-rate=192000'; do
        for f in random binary; do
            head -c $size "$data/$f" > part
            run $flac -s --lax --force-raw-format --endian=big --sign=signed $o -o "$f${o//[^0-9]/-}.flac" part
            run $flac -s -d -c --force-raw-format --endian=big --sign=signed "$f${o//[^0-9]/-}.flac" | cmp - part
        done
    done
    # The other containers, written and read; parts; what is analysed.
    for f in wav aiff w64 rf64; do
        run $flac -s -d -o sound.$f sound-5.flac
        run $flac -s -o again-$f.flac sound.$f
        run $flac -s -d -c --force-raw-format --endian=little --sign=signed again-$f.flac | cmp - sound.raw
    done
    run $flac -s -d --skip=0:01.5 --until=0:03.25 -o part.wav sound-5.flac
    run $flac -s -a --residual-text -o analysis.txt sound-0.flac
    head -c 100000 analysis.txt > analysis-start.txt
    rm analysis.txt
    check gain $flac -s -f --replay-gain -o gain.flac sound.wav
    check exists $flac -s sound.wav -o gain.flac
    # Metadata: shown, changed, taken out and put in; pictures and cue sheets of upstream's.
    cp sound-5.flac m.flac
    run $meta --set-tag=TITLE=Strings --set-tag=ARTIST=box --add-padding=100 m.flac
    run $meta --add-seekpoint=10x m.flac
    for f in $t/pictures/*; do
        case $f in *.gif | *.jpg | *.png) check "${f##*/}" $meta --import-picture-from="$f" m.flac ;; esac
    done
    run $meta --list m.flac > list.txt
    run $meta --export-tags-to=- m.flac > tags.txt
    run $meta --show-md5sum --show-total-samples m.flac > sums.txt
    check picture $meta --export-picture-to=picture.out m.flac
    run $meta --remove --block-type=PICTURE,PADDING --dont-use-padding m.flac
    run $meta --remove-replay-gain --remove-tag=ARTIST m.flac
    run $meta --sort-padding m.flac
    run $flac -s -t m.flac
    for f in $t/cuesheets/*.cue; do check "${f##*/}" $meta --import-cuesheet-from="$f" --dont-use-padding m.flac; done
    for f in $t/flac-to-flac-metadata-test-files/input-*.flac; do
        run $flac -s -f -o transcoded.flac "$f"
        run $meta --list transcoded.flac > "list-${f##*/}.txt"
    done
    # Damage, and what is not there.
    for f in 0 9 60 9000 90000; do
        damage sound-5.flac damaged.flac $f 30
        check damaged$f $flac -s -t damaged.flac
        check through$f $flac -s -f -d -F -o through$f.wav damaged.flac
        check list$f $meta --list damaged.flac
    done
    head -c 9000 sound-5.flac > short.flac
    check short $flac -s -t short.flac
    check text $flac -s -o text.flac "$data/text"
    check nothing $flac -s -t "$data/empty"
    check missing $flac -s -t missing.flac
    check option $flac --no-such-option
    check help $flac --help
    check version $meta --version
    rm sound.raw part
}
