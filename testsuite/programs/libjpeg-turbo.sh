configure() { cmake -B build -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$arch" $flags; }
build() { make -C build; }
exercise() {
    local f o n=0 b=$src/build images=$src/testimages
    local cjpeg=$b/cjpeg-static djpeg=$b/djpeg-static jpegtran=$b/jpegtran-static
    # Pictures: upstream's, and some from the data: photographs of text and of noise.
    cp $images/testorig.ppm a.ppm
    { printf 'P6\n512 384\n255\n'; head -c 589824 "$data/text"; } > text.ppm
    { printf 'P6\n257 129\n255\n'; head -c 99459 "$data/random"; } > random.ppm
    { printf 'P5\n640 480\n255\n'; for n in 1 2; do head -c 153600 "$data/binary"; done; } > binary.pgm
    n=0
    for f in a.ppm text.ppm random.ppm binary.pgm $images/vgl_5674_0098.bmp $images/vgl_6548_0026a.bmp; do
        n=$((n + 1))
        for o in '' '-quality 30 -dct fast' '-quality 95 -sample 1x1' '-progressive -dct int' '-arithmetic' \
            '-optimize -sample 2x1' '-grayscale' '-restart 3 -smooth 20' '-dct float -sample 2x2'; do
            run $cjpeg $o "$f" > "$n$o.jpg"
            run $djpeg "$n$o.jpg" > decoded
            sha256sum < decoded >> decoded.sums
        done
    done
    for f in testorig.jpg testimgari.jpg testimgint.jpg; do
        for o in -bmp -gif '-gif0 -onepass' -targa '-scale 1/2' '-scale 5/8 -dct fast' '-colors 16 -dither ordered' \
            '-colors 100 -dither fs -bmp' '-grayscale' '-nosmooth -dct float' '-crop 60x40+16+8' '-skip 10,20' -rgb565; do
            check "${f%.jpg}${o/\//-}" $djpeg $o $images/$f
        done
        for o in '-rotate 90' '-flip horizontal -trim' '-transpose -perfect' '-transverse' '-crop 100x80+16+16' -grayscale \
            '-progressive -optimize' '-arithmetic' '-copy all' '-wipe 32x32+16+16' '-drop +16+16 '$images/testimgint.jpg; do
            check "${f%.jpg}${o%%/*}" $jpegtran $o $images/$f
        done
    done
    rm -f decoded
    # Profiles, comments, quality tables, scans; the other formats that are read.
    run $cjpeg -icc $images/test1.icc a.ppm > icc.jpg
    run $djpeg -icc icc.icc -outfile icc.ppm icc.jpg
    cmp icc.icc $images/test1.icc
    run $jpegtran -copy icc -outfile icc2.jpg icc.jpg
    run $cjpeg -rgb a.ppm > rgb.jpg
    check rgb $cjpeg -rgb binary.pgm
    run $cjpeg -scans $images/test.scan a.ppm > scans.jpg
    run $b/wrjpgcom -comment 'a comment' icc.jpg > comment.jpg
    run $b/rdjpgcom -verbose comment.jpg > comment.txt
    for f in targa bmp gif; do
        run $djpeg -$f $images/testorig.jpg > again.$f
        run $cjpeg $([ $f != targa ] || echo -targa) again.$f > again-$f.jpg
    done
    run $djpeg -map again.gif -gif $images/testorig.jpg > map.gif
    # Upstream's own tests of the other interface, with what they print of times left out.
    for o in '' -alloc -yuv -bmp '-yuv -noyuvpad'; do
        case $small$o in yes-bmp | no*) ;; *) continue ;; esac
        run $b/tjunittest-static $o | sed 's/[0-9.]* ms//' > "unit$o.txt"
    done
    # Damage: warnings and errors.
    for f in 0 30 300 2000 4000; do
        damage $images/testorig.jpg damaged$f.jpg $f 6
        check damaged$f $djpeg damaged$f.jpg
        check tran$f $jpegtran damaged$f.jpg
    done
    head -c 3000 $images/testorig.jpg > short.jpg
    check short $djpeg -verbose short.jpg
    check strict $djpeg -strict short.jpg
    check limit $djpeg -maxscans 2 "4-progressive -dct int.jpg"
    check memory $cjpeg -maxmemory 10 a.ppm
    check twelve $djpeg $images/testorig12.jpg
    check text $cjpeg "$data/text"
    check nothing $djpeg "$data/empty"
    check missing $jpegtran missing.jpg
    check output $cjpeg -outfile no/such/directory a.ppm
    check option $djpeg --no-such-option
    check version $cjpeg -version
}
