-- Uses lua-module.c.
local counter = require "counter"
assert(counter.sum(function(i) return i * i end, 1000) == 333833500)
local ok, message = pcall(counter.sum, function() error("stop") end, 3)
assert(not ok and message:find("stop"))
ok, message = pcall(counter.sum, 1, "x")
assert(not ok and message:find("number expected"))
assert(counter.count() == 1)
