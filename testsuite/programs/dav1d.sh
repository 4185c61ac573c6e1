# Upstream's checkasm, which compares every function in assembly with the one in C and sees whether
# it keeps the registers that it must.  For x86-64 nasm would translate the assembly.
only_arch=aarch64
configure() {
    local words
    words=$(printf "'%s', " $CC)
    cat > lfi.ini <<-EOF
	[binaries]
	c = [${words%, }]
	ar = '$host-ar'
	strip = '$host-strip'
	[host_machine]
	system = 'linux'
	cpu_family = '$arch'
	cpu = '$arch'
	endian = 'little'
	EOF
    meson setup build --cross-file lfi.ini $flags
}
build() { ninja -C build tests/checkasm; }
exercise() {
    local what
    # The number is the seed.
    check checkasm $src/build/tests/checkasm 1
    cat checkasm.out checkasm.err | grep -x 'checkasm: all .* tests passed'
    [ $small = no ] || return 0
    for what in itx ipred; do check $what $src/build/tests/checkasm --test=${what}_8bpc 2; done
}
