# libcrypto with the assembly that its perl scripts write, and those of upstream's tests of it that are
# one program each.  What the rewriter refuses (docs/toolchain.md) is left out in the baseline too.
case $arch,$kind in
    *,baseline | *,allregs | aarch64,*) ;;
    *) variant=.no-asm ;; # the assembly for x86-64 uses every register
esac
configure() {
    [ -z "$variant" ] || flags="$flags ${variant#.}"
    if [ "$arch" = x86_64 ]; then
        # Three scripts ask the version of the assembler whether it knows AVX-512.
        sed -i 's/ + (\$1>=2.25)\( + (\$1>=2.26)\)\?;/;/' crypto/chacha/asm/chacha-x86_64.pl crypto/poly1305/asm/poly1305-x86_64.pl
        sed -i 's/\(\$avx512ifma *=\).*;/\1 0;/' crypto/bn/asm/rsaz-avx512.pl
        sed -i 's/aes-x86_64\.s vpaes/aes_core.c aes_cbc.c vpaes/; s/=AES_ASM VPAES/=VPAES/' crypto/aes/build.info
        sed -i 's/=cmll-x86_64\.s cmll_misc\.c/=camellia.c cmll_misc.c cmll_cbc.c/; /CMLLDEF_x86_64/d' crypto/camellia/build.info
    fi
    perl ./Configure "linux-$arch" "CC=$CC" "AR=$host-ar" "RANLIB=$host-ranlib" $flags
}
tests="sha_test exptest bntest ectest ecdsatest rsa_test poly1305_internal_test chacha_internal_test
    aesgcmtest hmactest cmactest modes_internal_test igetest evp_test"
build() {
    make build_generated
    make $(for t in $tests; do echo "test/$t"; done)
}
# What the processor has decides which code is run: all of it, without the newest, plain registers.
caps_aarch64="OPENSSL_armcap=0x7f OPENSSL_armcap=1 OPENSSL_armcap=0"
caps_x86_64="OPENSSL_ia32cap= OPENSSL_ia32cap=~0x0:~0x20000128 OPENSSL_ia32cap=~0x1000000000000000:~0x20000128
    OPENSSL_ia32cap=~0x1200020000000000:~0x20000128"
exercise() {
    local t f n=0 caps=caps_$arch recipes=$src/test/recipes
    for environment in ${!caps}; do
        [ $small$n = no0 ] || tests="sha_test poly1305_internal_test chacha_internal_test aesgcmtest hmactest igetest evp_test"
        for t in $tests; do
            case $t in
                evp_test)
                    for f in evpciph_aes_common evpciph_aes_ccm_cavs evpciph_chacha evpciph_camellia evpmac_common \
                        evpmac_poly1305 evpmd_sha evppkey_ecdsa; do
                        check $n.$f $src/test/$t $recipes/30-test_evp_data/$f.txt
                    done ;;
                bntest)
                    for f in bnexp bngcd bnmod bnmul bnshift bnsum; do
                        check $n.$f $src/test/$t $recipes/10-test_bn_data/$f.txt
                    done ;;
                *) check $n.$t $src/test/$t ;;
            esac
        done
        n=$((n + 1))
        [ $small = no ] || break
    done
    environment=
    cat -- *.out | grep -c '^ *ok ' > passed
    ! grep -h '^ *not ok' -- *.out
}
