# The interpreter with the modules that need no other library, all of them in one static program, and those of
# Python's own tests that need no other process.
once=yes
python_of_build=$(PATH=/usr/bin:$PATH command -v python3.11) || true
configure() {
    # It knows no compiler for another system than GNU's by its name.
    sed -i 's/\$CC --print-multiarch/true/' configure
    MODULE_BUILDTYPE=static OPT="-DNDEBUG -fwrapv -O1" LINKFORSHARED=" " PKG_CONFIG="$host-pkg-config" AR="$host-ar" READELF="$host-readelf" \
        ./configure --host="$host" --build="$(./config.guess)" --with-build-python="$python_of_build" \
        ac_cv_file__dev_ptmx=no ac_cv_file__dev_ptc=no ac_cv_buggy_getaddrinfo=no ac_cv_working_tzset=yes $flags
    # Modules that must be shared libraries come last.
    sed '/^\*shared\*/,$d; /^ossaudiodev/d' Modules/Setup.stdlib > Modules/Setup.local
    # The source is read-only for a box, so that it would compile what it imports each time.
    "$python_of_build" -m compileall -q -l Lib $(find Lib -mindepth 1 -maxdepth 1 -type d ! -name lib2to3 ! -name idlelib ! -name test) \
        Lib/test/support Lib/test/libregrtest $(python_files)
}
# Where the modules are that are run.
python_files() {
    local what name more
    while read -r what name more; do
        case $what in
            always | native)
                if [ -d "Lib/test/$name" ]; then echo "Lib/test/$name"; else echo "Lib/test/$name.py"; fi ;;
        esac
    done < "$programs/python-tests.tab"
}
build() { make python pybuilddir.txt; }
python_tests() { # KIND
    mkdir scratch
    (cd scratch && run ../$src/python "$programs/python-tests.py" "$programs/python-tests.tab" "$1" "$out/$1.txt" 2> "$work/$1.log")
    rm -rf scratch
}
exercise() {
    environment=PYTHONHASHSEED=0
    if [ "$kind" != baseline ]; then
        # What it asks of /etc about itself and the machine.
        mkdir "$work/etc"
        printf '127.0.0.1 localhost\n::1 localhost\n' > "$work/etc/hosts"
        printf 'root:x:0:0:root:/root:/bin/sh\nbox:x:1000:1000:box:/:/bin/sh\n' > "$work/etc/passwd"
        printf 'root:x:0:\nbox:x:1000:\n' > "$work/etc/group"
        allow="$allow --net=loopback --dir /etc=$work/etc:ro"
    fi
    python_tests always
    if [ -n "$emulator" ]; then
        [ "$(grep -c ^PASS always.txt)" -ge 3900 ]
        return
    fi
    python_tests native
    [ "$(cat always.txt native.txt | grep -c ^PASS)" -ge 18800 ]
}
