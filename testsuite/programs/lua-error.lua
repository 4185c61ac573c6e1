-- How scripts end: the status and what is on standard error.
local function deep(n)
  if n == 0 then error("too deep") end
  local r = deep(n - 1)
  return r
end
local ways = {
  deep = function() deep(30) end,
  value = function() error(setmetatable({}, { __tostring = function() return "an object" end })) end,
  exit = function() io.write("buffered") os.exit(7) end,
  close = function()
    local guard <close> = setmetatable({}, { __close = function(_, e) print("closed", e) end })
    local co = coroutine.wrap(function() coroutine.yield(1) local x = nil + 1 end)
    co() co()
  end,
  overflow = function() local function f() return 1 + f() end f() end,
  memory = function() string.rep("x", 1 << 40) end,
}
ways[arg[1]]()
