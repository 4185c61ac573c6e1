source_name=xz-utils
programs=src/xz/xz
build() { ./configure --host="$host" --disable-shared --disable-nls --disable-doc && make; }
exercise() {
    for f in text binary random; do
        run src/xz/xz -c -6 -T1 < "$data/$f" > "$out/$f.xz"
        run src/xz/xz -t "$out/$f.xz"
        run src/xz/xz -dc "$out/$f.xz" | cmp - "$data/$f"
        xz -dc "$out/$f.xz" | cmp - "$data/$f"
    done
    run src/xz/xz -c --format=lzma < "$data/text" > "$out/text.lzma"
    run src/xz/xz -c -T2 --block-size=262144 < "$data/mixed" > "$out/threads.xz"
    run src/xz/xz -dc -T2 "$out/threads.xz" | cmp - "$data/mixed"
}
