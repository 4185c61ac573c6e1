-- A user's script: reads a text by lines, words and bytes, writes a file, reads it again.
local input, output = ...
local lines, words, bytes, longest = 0, {}, 0, ""
for line in io.lines(input) do
  lines, bytes = lines + 1, bytes + #line + 1
  if #line > #longest then longest = line end
  for w in line:gmatch("[%a_][%w_]*") do words[w] = (words[w] or 0) + 1 end
end
local names = {}
for w in pairs(words) do names[#names + 1] = w end
table.sort(names, function(a, b)
  if words[a] ~= words[b] then return words[a] > words[b] end
  return a < b
end)
print(lines, #names, #longest)

local f = assert(io.open(output, "w"))
f:setvbuf("full", 4096)
for i = 1, math.min(500, #names) do f:write(("%-24s %6d\n"):format(names[i], words[names[i]])) end
print(f:seek("cur"), f:close())
f = assert(io.open(output, "r+"))
print(f:read("l", "n"))
f:seek("end", -32)
print(f:read("a"))
f:seek("set", 0)
f:write("FIRST")
f:close()
f = io.open(output, "a"); f:write("last\n"); f:close()
f = io.open(output, "rb")
local sum = 0
for block in f:lines(1000) do
  for i = 1, #block do sum = (sum * 31 + block:byte(i)) % 1000000007 end
end
f:close()
print(sum, io.type(f), tostring(f))

print(io.open("missing", "r"))
print(pcall(io.lines, "missing"))
print(os.rename("missing", "other"))
print(os.remove("missing"))
assert(io.open("scratch", "w")):close()
print(os.rename("scratch", "renamed"), os.remove("renamed"), os.remove("renamed"))
local t = io.tmpfile()
t:write(("x"):rep(100000)); t:seek("set"); print(#t:read("a")); t:close()
print(os.getenv("PATH"), os.date("!%Y-%m-%d %H:%M:%S", 86399), os.time({ year = 2001, month = 9, day = 9, hour = 12 }))
print(math.type(os.clock()), os.setlocale(), os.difftime(10, 4))

-- Numbers and patterns as text.
print(("%g %a %.17g %5.1e"):format(0.1, 1.0, 1 / 3, 12345.678), 1e308 * 10, -(0 / 0) ~= -(0 / 0))
print(math.sin(1), math.exp(1), math.log(10, 2), math.fmod(-7, 3), math.tointeger("8"))
print(("key = value # comment"):match("^(%w+)%s*=%s*(%w+)"), ("a,b,,c"):gsub(",", ";", 2))
print(("THE (quick) fox"):find("%((%a+)%)"), ("%bxy"):len(), ("f(a(b)c)d"):match("%b()"))
for _, code in ipairs { 10, 960, 8364, 128512 } do io.write(utf8.char(code), "|", utf8.len(utf8.char(code)), " ") end
print(string.rep("=", 20, "-"):sub(-5), table.concat({ 1, 2.5, "x" }, ":"), select("#", table.unpack({}, 1, 3)))
