-- An interpreter's ordinary work: tables, strings, calls, closures.
-- SPDX-License-Identifier: Apache-2.0
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
for round = 1, 3 do
  print(fib(30))
  local t, x = {}, 42
  for i = 1, 300000 do x = (x * 1103515245 + 12345) % 2147483648; t[i] = x end
  table.sort(t)
  print(t[1], t[150000], t[300000])
  local count = {}
  for w in ("the quick brown fox jumps over the lazy dog "):rep(20000):gmatch("%a+") do count[w] = (count[w] or 0) + 1 end
  print(count.the, count.dog)
  local parts = {}
  for i = 1, 200000 do parts[#parts + 1] = ("%d:%s"):format(i, i % 7) end
  print(#table.concat(parts, ","))
  local sieve, n = {}, 0
  for i = 2, 2000000 do
    if not sieve[i] then n = n + 1; for j = i * i, 2000000, i do sieve[j] = true end end
  end
  print(n)
end
