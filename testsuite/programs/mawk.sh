source_name=mawk
programs=mawk
build() { ./configure --host="$host" --with-build-cc=gcc-12 && make; }
exercise() {
    run ./mawk -F'[ ,.;]+' '{ for (i = 1; i <= NF; i++) if ($i ~ /^[a-z]+$/) w[$i]++ }
        END { for (k in w) if (w[k] > 100) s = s k "=" w[k] "\n"; n = split(s, a, "\n");
              for (i = 1; i < n; i++) for (j = i + 1; j < n; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
              for (i = 1; i < n; i++) print a[i] }' "$data/text" > "$out/words.txt"
    run ./mawk 'BEGIN { for (i = 0; i < 200000; i++) s += sin(i) * i; printf "%.6f\n", s;
        x = sprintf("%s|%5d|%-5s|%c", "str", 42, "l", 65); print x; gsub(/[0-9]/, "#", x); print x, length(x);
        print substr("hello", 2, 3), index("hello", "l"), match("foobar", /o+/), RSTART, RLENGTH }' > "$out/calc.txt"
    run ./mawk 'NR % 100 == 0 { print NR ": " $0 }' "$data/text" > "$out/every.txt"
}
