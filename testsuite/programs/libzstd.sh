source_name=libzstd
programs=programs/zstd
build() { make -C programs CC="$CC" HAVE_ZLIB=0 HAVE_LZMA=0 HAVE_LZ4=0 zstd; }
exercise() {
    for f in text binary random; do
        run programs/zstd -q -c -9 --single-thread < "$data/$f" > "$out/$f.zst"
        run programs/zstd -q -t "$out/$f.zst"
        run programs/zstd -q -dc "$out/$f.zst" | cmp - "$data/$f"
    done
    run programs/zstd -q -c -T2 < "$data/mixed" > "$out/threads.zst"
    run programs/zstd -q -dc "$out/threads.zst" | cmp - "$data/mixed"
    run programs/zstd -q -c -19 --long < "$data/text" > "$out/ultra.zst"
}
