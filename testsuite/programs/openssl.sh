# libcrypto with the assembly that its perl scripts write, and those of upstream's tests of it that are
# one program each; then the program itself, a TLS server and its clients over loopback among it.  What the rewriter
# refuses (docs/toolchain.md) is left out in the baseline too.
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
    make apps/openssl $(for t in $tests; do echo "test/$t"; done)
}
# What the processor has decides which code is run: all of it, without the newest, plain registers.
caps_aarch64="OPENSSL_armcap=0x7f OPENSSL_armcap=1 OPENSSL_armcap=0"
caps_x86_64="OPENSSL_ia32cap= OPENSSL_ia32cap=~0x0:~0x20000128 OPENSSL_ia32cap=~0x1000000000000000:~0x20000128
    OPENSSL_ia32cap=~0x1200020000000000:~0x20000128"
# Digests, ciphers with and without a password, and how fast they are, for which an alarm goes off.
crypto() {
    local openssl=$src/apps/openssl cipher digest
    for digest in sha256 sha3-512 md5; do run $openssl dgst -$digest "$data/mixed"; done > digests.txt
    for cipher in aes-128-cbc aes-256-ctr chacha20 camellia-192-cbc; do
        run $openssl enc -$cipher -pbkdf2 -iter 1000 -pass pass:word -S 0123456789abcdef -in "$data/text" -out enciphered
        run $openssl dgst -sha256 enciphered >> enciphered.txt
        run $openssl enc -d -$cipher -pbkdf2 -iter 1000 -pass pass:word -S 0123456789abcdef -in enciphered | cmp - "$data/text"
    done
    check wrong $openssl enc -d -aes-128-cbc -pbkdf2 -iter 1000 -pass pass:other -S 0123456789abcdef -in enciphered
    run $openssl speed -seconds 1 -bytes 1024 -evp aes-128-gcm | grep -c '^AES-128-GCM .*k$' > speed.txt
    rm enciphered wrong.out
}
# NAME OPTIONS: a client gets what the server has, and says what was agreed.
fetch() {
    local name=$1
    shift
    printf 'GET /blob HTTP/1.0\n\n' | run $src/apps/openssl s_client -connect "$at" -ign_eof "$@" > got 2> "$name.txt"
    cmp got blob
    rm got
}
# Each kind of key and protocol; certificates of both sides; a session that goes on; an authority that nobody knows.
tls_suites="rsa -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
ecdsa -tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305 -curves X25519:P-256
cbc -tls1_2 -cipher ECDHE-RSA-AES256-SHA384 -curves P-384
aes13 -tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384 -sigalgs rsa_pss_rsae_sha256
chacha13 -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256 -sigalgs ecdsa_secp256r1_sha256
client -tls1_3 -cert rsa.pem -key rsa.key"
tls() {
    local openssl=$src/apps/openssl key options at= i=0
    environment=OPENSSL_CONF=$src/apps/openssl.cnf
    [ "$kind" = baseline ] || allow="$allow --net=loopback"
    for key in "rsa rsa:2048" "ec ec -pkeyopt ec_paramgen_curve:P-256"; do
        run $openssl req -x509 -newkey ${key#* } -noenc -keyout ${key%% *}.key -out ${key%% *}.pem -days 2 -subj "/CN=${key%% *}"
    done
    cat rsa.pem ec.pem > both.pem
    run $openssl verify -CAfile both.pem rsa.pem ec.pem > certificates.txt
    run $openssl x509 -in ec.pem -noout -subject -issuer -ext basicConstraints >> certificates.txt
    head -c 100000 "$data/binary" > blob
    # A group of processes, of which nothing stays whatever fails.  It chooses a port and says which.
    : > server.log
    set -m
    run $openssl s_server -accept 127.0.0.1:0 -naccept $(($(echo "$tls_suites" | wc -l) + 3)) -HTTP -verify 1 -CAfile both.pem \
        -cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key >> server.log 2>&1 &
    served=$!
    set +m
    trap 'kill -KILL -- -$served 2> /dev/null || :' EXIT
    until at=$(sed -n 's/^ACCEPT //p' server.log) && [ -n "$at" ]; do
        i=$((i + 1))
        [ $i -lt 300 ]
        sleep 0.1
    done
    while read -r key options; do
        fetch tls-$key $options -brief -CAfile both.pem -verify_return_error
    done <<< "$tls_suites"
    for key in out in; do
        printf 'GET /blob HTTP/1.0\n\n' | run $openssl s_client -connect "$at" -ign_eof -CAfile both.pem -sess_$key session > got
        grep -aoE '^(New|Reused), TLS.*' got
    done > tls-session.txt
    check tls-unknown $openssl s_client -connect "$at" -brief -CAfile ec.pem -sigalgs rsa_pss_rsae_sha256 -verify_return_error
    wait $served
    trap - EXIT
    rm -- *.key *.pem session got blob server.log
    check tls-refused $openssl s_client -connect "$at"
    environment=
    # In what is said of errors the number of a thread comes first.
    sed -i "s/^[0-9A-F]*:error/error/; s/${at#*:}/PORT/" wrong.err tls-*.err
}
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
    crypto
    tls
}
