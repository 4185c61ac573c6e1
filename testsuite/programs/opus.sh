# With the programs of upstream's tests, which 'make check' builds; the long ones are not run.
configure() { ./configure --host="$host" $flags; }
build() { make && make check TESTS=; }
exercise() {
    local f o t demo=$src/opus_demo
    cp "$data/sound" sound.raw
    # Coded at rates and bandwidths from speech to music, decoded, and compared as RFC 6716 does.
    while read -r f o; do
        check $f-coded $demo -e $o sound.raw $f.bits
        check $f-decoded $demo -d 48000 2 $f.bits $f.raw
        check $f-compared $src/opus_compare -s -r 48000 sound.raw $f.raw
    done <<< 'music audio 48000 2 128000
        low audio 48000 2 24000 -complexity 5
        constant audio 48000 2 64000 -cbr -framesize 10
        delay restricted-lowdelay 48000 2 96000 -framesize 2.5
        voice voip 48000 2 16000 -bandwidth WB -framesize 60 -dtx
        narrow voip 48000 2 9000 -bandwidth NB -forcemono
        fec voip 48000 2 32000 -inbandfec -loss 10 -cvbr -complexity 2'
    # Packets merged and split; loss in decoding; another rate; noise and machine code as sound.
    run $src/repacketizer_demo -merge 3 constant.bits merged.bits
    run $src/repacketizer_demo -split merged.bits split.bits
    check merged $demo -d 48000 2 merged.bits merged.raw
    run $demo -d 48000 2 split.bits split.raw
    head -c "$(wc -c < split.raw)" constant.raw | cmp - split.raw
    check loss $demo -d 48000 2 -inbandfec -loss 15 fec.bits loss.raw
    check mono $demo -d 16000 1 music.bits mono.raw
    check noise $demo audio 48000 2 200000 "$data/random" noise.raw
    check binary $demo voip 16000 1 20000 "$data/binary" binary.raw
    # Upstream's tests.
    for t in opus_padding opus_projection; do check test_$t $src/tests/test_$t; done
    for t in $src/celt/tests/test_unit_* $src/silk/tests/test_unit_*; do
        # One of them makes random streams, from a seed.
        case $small-${t##*/} in yes-test_unit_LPC_inv_pred_gain | yes-test_unit_entropy) continue ;; esac
        [ ! -x "$t" ] || check "${t##*/}" "$t" $([ "${t##*/}" != test_unit_entropy ] || echo 42)
    done
    # Damage, and what is not there.
    for f in 0 500 20000; do
        damage music.bits damaged.bits $f 30
        check damaged$f $demo -d 48000 2 damaged.bits damaged$f.raw
    done
    head -c 9999 voice.bits > short.bits
    check short $demo -d 48000 2 short.bits short.raw
    check text $demo -d 48000 2 "$data/text" text.raw
    check empty $demo audio 48000 2 64000 "$data/empty" empty.raw
    check missing $demo -d 48000 2 missing.bits missing.raw
    check rate $demo audio 44100 2 64000 sound.raw rate.raw
    check option $demo audio 48000 2 64000 -no-such-option sound.raw option.raw
    check usage $demo
    check compare $src/opus_compare sound.raw missing.raw
}
