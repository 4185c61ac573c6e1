// How a script ends when nothing catches: the trace goes to standard error.
function deep(n) {
    if (n === 0) throw new TypeError('too deep');
    return 1 + deep(n - 1);
}
print('before');
deep(12);
