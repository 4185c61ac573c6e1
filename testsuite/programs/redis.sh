# The server and its client, each in a box, over loopback.  Snapshots in the background need fork, and so does
# what is ignored here: a test of the kernel on arm64.
configure() { :; }
build() {
    make MALLOC=libc OPTIMIZATION=-O2 USE_SYSTEMD=no BUILD_TLS=no uname_S=Linux CC="$CC $flags" AR="$host-ar" \
        RANLIB="$host-ranlib"
}
exercise() {
    local server=$src/src/redis-server cli=$src/src/redis-cli port i served pushing=
    port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
    [ "$kind" = baseline ] || allow="$allow --net=loopback"
    serve() {
        run $server --port "$port" --bind 127.0.0.1 --save "" --appendonly no --ignore-warnings ARM64-COW-BUG --dir . >> log 2>&1 &
        served=$!
        i=0
        until [ "$(run $cli -p "$port" ping 2> /dev/null)" = PONG ]; do
            i=$((i + 1))
            [ $i -lt 100 ]
            sleep 0.1
        done
    }
    # Whatever fails, no server stays.
    trap 'run $cli -p "$port" shutdown nosave > /dev/null 2>&1 || :' EXIT
    serve
    run $cli -p "$port" < "$programs/redis-commands.txt" > commands.txt
    # Several at once, in pieces and as one stream.
    for i in 1 2 3; do
        run $cli -p "$port" -r 200 rpush list "element of $i" > pushed.$i &
        pushing="$pushing $!"
    done
    wait $pushing
    sort -n pushed.* | uniq > pushed
    rm pushed.?
    head -c 200000 "$data/binary" > blob
    run $cli -p "$port" -x set blob < blob > stored.txt
    run $cli -p "$port" strlen blob >> stored.txt
    awk 'BEGIN { for (i = 0; i < 5000; i++) printf "SET key:%d %d\r\n", i, i * 7 }' > stream
    run $cli -p "$port" --pipe < stream > pipe.txt
    run $cli -p "$port" eval "local s = 0 for i = 0, 4999 do s = s + redis.call('get', 'key:' .. i) end return s" 0 > sum.txt
    # What it saved it finds again.
    run $cli -p "$port" save > save.txt
    run $cli -p "$port" shutdown nosave
    wait $served
    serve
    run $cli -p "$port" dbsize > again.txt
    run $cli -p "$port" get key:4321 >> again.txt
    run $cli -p "$port" llen list >> again.txt
    run $cli -p "$port" get blob | head -c 200000 | cmp - blob
    check unknown $cli -p "$port" no such command
    run $cli -p "$port" shutdown nosave
    wait $served
    trap - EXIT
    # Ends; times and numbers of processes are in these.
    rm log dump.rdb
    check refused $cli -p "$port" ping
    sed -i "s/$port/PORT/" refused.err refused.out
    check version $server --bad-option 1
    sed -i 's/^[0-9].*//' version.out version.err
}
