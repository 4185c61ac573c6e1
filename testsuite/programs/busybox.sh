# All its applets in one program, under its own tests: whatever a test runs is a box of its own.
configure() {
    export KCONFIG_NOTIMESTAMP=1
    make defconfig
    # Sources for kernels of before 2023; everything else as it is.
    sed -i 's/.*CONFIG_STATIC[ =].*/CONFIG_STATIC=y/; s/^CONFIG_TC=y/# CONFIG_TC is not set/' .config
}
build() {
    KCONFIG_NOTIMESTAMP=1 make CROSS_COMPILE="$host-" CC="$CC $flags" busybox
}
# What needs another process (tar for what is compressed), who is asked and where, or the host's /bin.
busybox_without='^(PASS|FAIL): (awk "cmd"|awk .gcc build|cpio -p with absolute|cpio restores suid|ls-l-works|tar-handles-cz|tar Empty file is not a tarball.tar.gz|tar extract t[gx]z|tar (-k )?does not extract into symlinks|tar Pax-encoded|tar Symlink attack|which-uses-default-path|zcat: dont delete)'
exercise() {
    local suite=$work/suite applets applet in_box=
    mkdir "$suite" "$suite/scripts"
    cp -R $src/testsuite $src/.config "$suite/"
    cp $src/scripts/echo.c "$suite/scripts/"
    cp $src/busybox "$suite/busybox.program"
    [ "$kind" = baseline ] || in_box="lfi-run $allow --env-all --dir $suite --dir /tmp=$work/tmp --"
    printf '#!/bin/sh\nn=${0##*/}\n[ "$n" = busybox ] || set -- "$n" "$@"\nexec %s %s "$@"\n' \
        "${in_box:-$emulator}" "$suite/busybox.program" > "$suite/busybox"
    chmod +x "$suite/busybox"
    run $src/busybox > usage.txt 2>&1
    echo "a b  c" | run $src/busybox awk '{ print $3, NF }' > awk.txt
    run $src/busybox sha256sum "$data/mixed" > sums.txt
    run $src/busybox gzip -c "$data/text" | run $src/busybox gunzip | cmp - "$data/text"
    run $src/busybox bzip2 -c "$data/text" | run $src/busybox bzcat | cmp - "$data/text"
    run $src/busybox sort "$data/text" | run $src/busybox uniq -c > sorted.txt
    run $src/busybox vi --bad > vi.txt 2>&1 || true
    sed -i '/multi-call binary/d' usage.txt vi.txt
    # Those that are quick where an emulator runs them.
    applets="basename bunzip2 bzcat cal comm cp cut date dc diff dirname expand factor fold grep head od paste
        printf rx sed seq sort sum tail tr tsort unexpand uniq uuencode wc"
    [ -n "$emulator" ] || applets="$applets awk bc cat cmp cpio echo expr gunzip gzip hexdump ln ls md5sum mkdir mv nl pwd
        readlink rm rmdir sha1sum sha3sum strings stty tar tee touch true false tree unlzma unzip which xxd"
    (
        cd "$suite/testsuite"
        for applet in $applets; do ./runtest "$applet" < /dev/null || true; done
    ) > all.txt 2>&1
    grep -E '^(PASS|FAIL): ' all.txt | grep -Ev "$busybox_without" > tests.txt
    rm all.txt
    [ "$(grep -c ^PASS tests.txt)" -ge "$([ -n "$emulator" ] && echo 450 || echo 700)" ]
}
