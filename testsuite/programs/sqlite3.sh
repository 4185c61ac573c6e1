# The build makes its amalgamation with the build machine's own compiler and tclsh.
configure() { ./configure --host="$host" $flags; }
build() {
    make sqlite3
    if [ "$threads" = yes ]; then
        # Each for a second, not for ten or sixty.
        sed -i 's/, [1-6]0000 }/, 1000 }/' test/threadtest3.c
        make threadtest3
    fi
}
# Upstream's test with threads.  How often each of them came to its turn is no result.
threaded() {
    run $src/threadtest3 > log
    grep -E '^Running |errors out of ' log > threads.txt
    rm log
    find . -name 'test*.db*' -delete
}
exercise() {
    # No home directory, which only the baseline would find.
    local sql="$src/sqlite3 -init /dev/null" s=$programs mode name
    # A database in a file: written, then opened again by another process.
    run $sql test.db < "$s/sqlite-test.sql" > sql.txt
    run $sql test.db 'pragma integrity_check; select count(*) from item; pragma journal_mode;' > reopened.txt
    check readonly $sql -readonly test.db 'delete from item;'
    run $sql test.db .dump > dump.sql
    run $sql copy.db < dump.sql
    run $sql copy.db 'select count(*), sum(id) from item;' > copied.txt
    run $sql test.db '.backup saved.db'
    run $sql saved.db 'pragma integrity_check;' > saved.txt
    run $sql :memory: "select sqlite_version(), abs(-5), upper('x'), round(2.5), 1/3.0;" > memory.txt
    run $sql '' 'create table t(a); insert into t values (1); select * from t;' > temporary.txt
    # The kinds of journal; each is left behind hot by a process that ends in the middle of
    # a transaction, and rolled back by the next.
    for mode in delete truncate persist wal; do
        name=$mode
        [ $mode != wal ] || name=threads-wal # shares memory, which a box of one thread does not
        check $name $sql $mode.db < <(sed "s/MODE/$mode/" "$s/sqlite-journal.sql")
        ls $mode.db* > $name.files
        check $name-again $sql $mode.db 'pragma integrity_check; select count(*), sum(b) from t; pragma journal_mode;'
        rm -f $mode.db*
    done
    # Formats, import and export; errors.
    run $sql -csv -header test.db 'select * from item where id <= 2000 order by id;' > items.csv
    run $sql import.db -cmd '.mode csv' -cmd '.import items.csv item' \
        'select count(*), sum(price) from item; select typeof(id), name from item limit 2;' > import.txt
    for mode in json html line column box markdown quote; do
        run $sql -$mode test.db 'select id, name, price, null as empty from item where id in (7, 77, 777);'
    done > modes.txt
    check syntax $sql :memory: 'selekt 1;'
    check constraint $sql test.db 'insert into item(id) values (1);'
    check bail $sql -bail :memory: < "$s/sqlite-error.sql"
    check errors $sql :memory: < "$s/sqlite-error.sql"
    check missing $sql -readonly missing.db 'select * from t;'
    check directory $sql no/such/directory.db 'create table t(a);'
    check text $sql "$data/text" 'select * from sqlite_master;'
    damage test.db broken.db 4096 3000
    check broken $sql broken.db 'pragma integrity_check; select count(*), sum(price) from item;'
    check option $sql -no-such-option
    rm ./*.db
    [ "$threads" = no ] || threaded
}
