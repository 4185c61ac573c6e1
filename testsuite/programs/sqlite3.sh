source_name=sqlite3
programs=sqlite3
# The build makes its amalgamation with the build machine's own compiler and tclsh.
build() {
    ./configure --host="$host" --disable-shared --disable-tcl --disable-readline --enable-tempstore=yes
    make BCC=gcc-12 sqlite3
}
exercise() {
    run ./sqlite3 "$out/test.db" < "$here/programs/sqlite-test.sql" > "$out/sql.txt"
    run ./sqlite3 "$out/test.db" 'pragma integrity_check; select count(*) from item;' > "$out/reopened.txt"
    run ./sqlite3 :memory: "select sqlite_version(), abs(-5), upper('x'), round(2.5), 1/3.0;" > "$out/memory.txt"
    rm "$out/test.db"
}
