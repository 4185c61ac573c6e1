# The build is cmake's: that for autoconf has to be generated first, with libtool.  Upstream's
# tests are built with a line of our own, since their build wants a C++ compiler.
configure() { cmake -S expat -B build -DCMAKE_SYSTEM_NAME=Linux $flags; }
build() {
    make -C build
    (cd expat/tests && $CC -O2 -I../../build -I../lib -o ../../build/runtests runtests.c chardata.c \
        memcheck.c minicheck.c structdata.c ../../build/libexpat.a)
}
exercise() {
    local f o xmlwf=$src/build/xmlwf/xmlwf large=$src/testdata/largefiles doc=$src/expat/doc
    check runtests $src/build/runtests
    # Real documents: parsed, read in both ways, written as canonical, copied and meta XML.
    for f in "$large"/*.xml "$large"/*.rdf; do run $xmlwf -t "$f"; done
    for o in '' -n -r -c -m -N '-n -c'; do
        mkdir "out$o"
        run $xmlwf $o -d "out$o" $large/nes96.xml
    done
    run $xmlwf -d . $large/wordnet_glossary-20010201.rdf
    check copy $xmlwf -d out out-c/nes96.xml
    run $xmlwf < $large/nes96.xml
    # The parser's events, by upstream's examples.
    run $src/build/examples/elements < $large/nes96.xml > elements.txt
    run $src/build/examples/outline < $large/nes96.xml > outline.txt
    check outline $src/build/examples/outline < "$data/text"
    # Encodings, entities, external ones, a document type; what makes them too many.
    head -c 3000 "$large/nes96.xml" > short.xml
    printf '<?xml version="1.0" encoding="%s"?>\n<a b="\344\366">\374</a>\n' iso-8859-1 > latin1.xml
    printf '<?xml version="1.0"?>\n<a>\344</a>\n' > utf8.xml
    printf '<?xml version="1.0" encoding="windows-1252"?>\n<a>\200</a>\n' > windows.xml
    { printf '\377\376'; printf '<a>x</a>' | sed 's/./&\x00/g'; } > utf16.xml
    printf '<!DOCTYPE a [<!ENTITY e "text"><!ENTITY f SYSTEM "part.xml"><!ATTLIST a b CDATA "c">]>\n<a>&e;&f;</a>\n' > entity.xml
    printf '<part>&e;</part>' > part.xml
    printf '<!DOCTYPE a SYSTEM "type.dtd">\n<a>&g;</a>\n' > type.xml
    printf '<!ELEMENT a (#PCDATA)><!ENTITY %% p "<!ENTITY g \047from outside\047>">%%p;' > type.dtd
    {
        printf '<!DOCTYPE a [<!ENTITY l0 "lollollollol">'
        for f in 1 2 3 4 5 6 7 8; do printf '<!ENTITY l%d "&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;">' $f $(yes $((f - 1)) | head -n 10 || true); done
        printf ']>\n<a>&l8;</a>\n'
    } > laughs.xml
    mkdir small
    for f in *.xml; do
        check "$f" $xmlwf -d small "$f"
        check "$f-x" $xmlwf -x -p -m -d small "$f"
        check "$f-w" $xmlwf -w -n "$f"
    done
    check standalone $xmlwf -s type.xml
    check override $xmlwf -e us-ascii latin1.xml
    check several $xmlwf -k utf8.xml missing.xml latin1.xml
    check factor $xmlwf -a 2 -b 100 entity.xml
    # Damage: bytes of a document and text that is none.
    for f in 100 3000 20000; do
        damage $large/nes96.xml damaged.xml $f 5
        check damaged$f $xmlwf damaged.xml
    done
    check text $xmlwf "$data/text"
    check binary $xmlwf "$data/binary"
    check nothing $xmlwf "$data/empty"
    check output $xmlwf -d no/such/directory latin1.xml
    check option $xmlwf --no-such-option
    check help $xmlwf -h
}
