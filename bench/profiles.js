// An interpreter's ordinary work: objects, strings, calls, closures, regular expressions, JSON.
// SPDX-License-Identifier: Apache-2.0
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
print(fib(25));
var numbers = [], x = 42, i, j;
for (i = 0; i < 60000; i++) {
    x = (x * 69069 + 12345) >>> 0;
    numbers.push(x);
}
numbers.sort(function (a, b) { return a - b; });
print(numbers[0], numbers[30000], numbers[59999]);
var text = new Array(2001).join('the quick brown fox jumps over the lazy dog '), count = {};
text.replace(/[a-z]+/g, function (word) { count[word] = (count[word] || 0) + 1; });
print(count.the, count.dog);
var parts = [];
for (i = 0; i < 60000; i++) {
    parts.push({ number: i, name: 'n' + i % 7 });
}
var json = JSON.stringify(parts);
print(json.length, JSON.parse(json)[59999].name);
var sieve = new Uint8Array(1000000), primes = 0;
for (i = 2; i < sieve.length; i++) {
    if (!sieve[i]) {
        primes++;
        for (j = i * 2; j < sieve.length; j += i) {
            sieve[j] = 1;
        }
    }
}
print(primes);
