# C sources: includes, functions, comments, line lengths; writes files and reads one again.
/^#[ \t]*include/ { header[$2]++; if (!($2 in first)) { first[$2] = NR; order[++headers] = $2 } }
/^[a-zA-Z_].*\(.*\)[ \t]*\{?$/ { functions++; sub(/\(.*/, ""); print > (out ".functions") }
/\/\*/, /\*\// { comments++ }
{ bucket[int(length($0) / 10)]++; if (length($0) > longest) longest = length($0) }
toupper($0) ~ /TODO|FIXME|XXX/ { print NR ": " $0 > (out ".todo"); todo++ }
END {
    for (i = 1; i <= headers; i++) printf "%-30s %4d first at %d\n", order[i], header[order[i]], first[order[i]]
    print functions, comments + 0, todo + 0, longest
    for (i = 0; i <= longest / 10; i++) if (i in bucket) printf "%4d-%-4d %s\n", i * 10, i * 10 + 9, bucket[i]
    close(out ".functions")
    while ((getline line < (out ".functions")) > 0) { n++; sum += length(line) }
    print n, sum
    delete header
    for (h in header) print "left", h
    k = split("2024-02-29T12:34:56", part, /[-T:]/)
    print k, part[1] + part[6], substr("abcdef", 0, 3), substr("abcdef", 5, 9), "a" < "b", 10 < 9, "10" < "9"
    print length(sprintf("%1000s", "x")), 2 ^ 10, 2 ^ 0.5, 17 % 5, -17 % 5, int(-3.7), 1e6, 1e300 * 1e10, 0.1 + 0.2
}
