source_name=bzip2
programs=bzip2
build() { make CC="$CC" bzip2; }
exercise() {
    for f in text binary random; do
        run ./bzip2 -c -9 < "$data/$f" > "$out/$f.bz2"
        run ./bzip2 -t "$out/$f.bz2"
        run ./bzip2 -dc "$out/$f.bz2" | cmp - "$data/$f"
    done
}
