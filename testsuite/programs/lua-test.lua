-- sort, strings, coroutines, pcall, closures, numbers: deterministic output.
local function lcg(seed)
  return function() seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed end
end
local r = lcg(42)
local t = {}
for i = 1, 20000 do t[i] = r() end
table.sort(t)
for i = 2, #t do assert(t[i - 1] <= t[i]) end
table.sort(t, function(a, b) return a % 1000 < b % 1000 or (a % 1000 == b % 1000 and a < b) end)
print(t[1], t[100], t[20000])

local words = {}
for w in ("the quick brown fox jumps over the lazy dog "):rep(500):gmatch("%a+") do
  words[w] = (words[w] or 0) + 1
end
local names = {}
for w in pairs(words) do names[#names + 1] = w end
table.sort(names)
for _, w in ipairs(names) do io.write(w, "=", words[w], " ") end
print()
print(("%5.2f|%-8s|%08x|%q"):format(3.14159, "left", 48879, "a\nb\0c"))
print(("hello world"):gsub("o", "0"), ("abc"):byte(1, -1), ("x"):rep(5, ","))

local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i * i) end end) end
local sum = 0
for v in gen(1000) do sum = sum + v end
print(sum)

print(pcall(error, { code = 7 }) == false, select(2, pcall(function() local x = nil; return x.y end)))
print(pcall(string.rep, "x", -1))
local function depth(n) if n == 0 then error("deep") end return 1 + depth(n - 1) end
print(select(2, pcall(depth, 5000)))
local ok, e = pcall(function() local function f() return f() + 1 end return f() end)
print(ok, tostring(e):match("stack overflow") ~= nil)

local mt = setmetatable({}, { __index = function(_, k) return k * 2 end, __call = function(_, a) return a + 1 end })
print(mt[21], mt(41), #"utf8: \u{20AC}", utf8.char(8364, 120))
print(math.floor(-3.5), 7 // -2, 7 % -2, 1e15, 2^63, math.maxinteger + 1 == math.mininteger)
local fib = setmetatable({}, { __index = function(s, n) local v = n < 2 and n or s[n - 1] + s[n - 2]; rawset(s, n, v); return v end })
print(fib[80])
collectgarbage()
print(string.pack("<i4d", 7, 1.5):byte(1, -1))
