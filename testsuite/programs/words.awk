# Words of a text by frequency, sorted without the help of another program.
BEGIN { FS = "[^A-Za-z_]+" }
{ for (i = 1; i <= NF; i++) if (length($i) > 3) count[tolower($i)]++ }
END {
    for (w in count) if (count[w] > 40) name[++n] = w
    sort(1, n)
    for (i = 1; i <= n; i++) printf "%-20s %6d\n", name[i], count[name[i]]
    print n, NR
}
function before(a, b) { return count[a] != count[b] ? count[a] > count[b] : a < b }
function sort(low, high,    i, last, t) {
    if (low >= high) return
    t = name[low]; name[low] = name[int((low + high) / 2)]; name[int((low + high) / 2)] = t
    last = low
    for (i = low + 1; i <= high; i++)
        if (before(name[i], name[low])) { last++; t = name[last]; name[last] = name[i]; name[i] = t }
    t = name[low]; name[low] = name[last]; name[last] = t
    sort(low, last - 1)
    sort(last + 1, high)
}
