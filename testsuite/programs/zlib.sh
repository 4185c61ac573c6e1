source_name=zlib
programs="minigzip example"
build() { CHOST=$host ./configure --static && make minigzip example; }
exercise() {
    for f in text binary random; do
        run ./minigzip -9 < "$data/$f" > "$out/$f.gz"
        run ./minigzip -d < "$out/$f.gz" | cmp - "$data/$f"
        gzip -dc "$out/$f.gz" | cmp - "$data/$f"
    done
    run ./example "$out/example.gz" > "$out/example.txt"
}
