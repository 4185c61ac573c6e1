// Sorting, strings, regular expressions, closures, exceptions, JSON, dates, numbers, typed
// arrays, coroutines, proxies, collection: deterministic output.
function lcg(seed) {
    return function () { return seed = (seed * 69069 + 12345) % 2147483648; };
}
var r = lcg(42), a = [];
for (var i = 0; i < 20000; i++) a.push(r());
a.sort(function (x, y) { return x % 1000 - y % 1000 || x - y; });
print(a[0], a[100], a[19999]);

var words = {};
'the quick brown fox jumps over the lazy dog'.replace(/\w+/g, function (w) { words[w] = (words[w] || 0) + 1; return w; });
print(Object.keys(words).sort().map(function (w) { return w + '=' + words[w]; }).join(' '));
print('a1b22c333'.match(/\d+/g), /(\w)(?=\1)/.exec('hello').index, 'x,y;z'.split(/[,;]/), '\u20ac'.charCodeAt(0));
print(encodeURIComponent('\u20ac/?'), decodeURIComponent('%E2%82%AC'), escape('\u00e4'), 'stra\u00dfe'.toUpperCase());

print(JSON.stringify({ b: [1, 2, { c: null }], a: 'x\n', u: undefined }, null, 2));
print(JSON.parse('{"a":[1,2,{"b":3}]}', function (k, v) { return typeof v === 'number' ? v * 2 : v; }).a[2].b);
print(Duktape.enc('jx', { x: undefined, y: NaN, z: new Uint8Array([1, 254]) }), Duktape.enc('hex', 'box'));
['{bad', 'x = = 1', '(/(/)'].forEach(function (s) {
    try { s[0] === '{' ? JSON.parse(s) : eval(s); } catch (e) { print(e.name, e.message); }
});
try { null.field; } catch (e) { print(e instanceof TypeError, e.message); }
try { (function f() { return f() + 1; })(); } catch (e) { print(e.name, e.message); }
try { try { throw new RangeError('inner'); } finally { print('finally'); } } catch (e) { print(String(e)); }

var d = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789));
print(d.toISOString(), d.getUTCDay(), new Date(8.64e15).toISOString(), isNaN(new Date('no')));
print(0.1 + 0.2, 1e21, 1 / 3, -0 === 0, 1 / -0, 5e-324, 1.7976931348623157e308, (255).toString(16), (0.5).toString(2));
print((1234.5678).toFixed(2), (0.00001234).toExponential(3), (1e21).toPrecision(5), parseInt('0x1f'), parseFloat('3.14abc'));
for (var s = 0, i = 1; i < 20000; i++) s += Math.sin(i) * Math.sqrt(i) + Math.pow(i, -0.5) + Math.atan2(i, 7) % 0.3;
print(s.toFixed(6), 1 << 31, -1 >>> 28, -7 % 3, ~~-3.7, Math.round(-0.5));

var f = new Float64Array([1.5, -2.25, 1e-300]), b = new Uint8Array(f.buffer), v = new DataView(f.buffer);
print(Array.prototype.join.call(b, ','), v.getInt32(4, false), v.getFloat32(8, true));
var t = new Duktape.Thread(function (n) { while (n) n = Duktape.Thread.yield(n * n); return 'done'; });
print(Duktape.Thread.resume(t, 3), Duktape.Thread.resume(t, 4), Duktape.Thread.resume(t, 0));
var p = new Proxy({}, { get: function (o, k) { return 'got ' + String(k); }, has: function () { return true; } });
print(p.anything, 'nothing' in p, Object.getOwnPropertyNames(Object.getOwnPropertyDescriptor({ get x() { return 1; } }, 'x')));
function Shape(n) { this.n = n; }
Shape.prototype.toString = function () { return 'Shape ' + this.n; };
print(new Shape(4) + '', Shape.prototype.isPrototypeOf(new Shape(1)), Object.isFrozen(Object.freeze({})));

function primes(n) {
    var sieve = new Uint8Array(n + 1), list = [];
    for (var i = 2; i <= n; i++) if (!sieve[i]) { list.push(i); for (var j = i * i; j <= n; j += i) sieve[j] = 1; }
    return list;
}
print(primes(100000).length, primes(100000).pop());
var dead = 0;
(function () { for (var i = 0; i < 2000; i++) { var o = { i: i }; o.self = o; Duktape.fin(o, function () { dead++; }); } o = null; })();
Duktape.gc();
Duktape.gc();
print(dead >= 1999);
var big = [];
for (i = 0; i < 50000; i++) big.push('item ' + i * 7919 % 50021);
print(big.join('|').length, big.sort()[25000]);
