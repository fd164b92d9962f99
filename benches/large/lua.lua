-- What Lua is measured with: calls, tables and closures, strings and their patterns, sorting, objects, garbage.
local out = {}
local function note(...) out[#out + 1] = table.concat({...}, " ") end

local function fib(k) if k < 2 then return k end return fib(k - 1) + fib(k - 2) end

local function random(seed)
  return function(limit)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return (seed >> 8) % limit
  end
end

local function words(next)
  local syllables, list = {"ka", "to", "mi", "ren", "sul", "o"}, {}
  for i = 1, 300 do
    local word = {}
    for j = 1, 1 + next(3) do word[j] = syllables[1 + next(#syllables)] end
    list[i] = table.concat(word)
  end
  local counts, order = {}, {}
  for word in table.concat(list, " "):gmatch("%a+") do
    if not counts[word] then counts[word] = 0; order[#order + 1] = word end
    counts[word] = counts[word] + 1
  end
  table.sort(order, function(a, b) if counts[a] ~= counts[b] then return counts[a] > counts[b] end return a < b end)
  for i = 1, 20 do note(string.format("%-12s %3d %6.2f", order[i], counts[order[i]], counts[order[i]] / 3)) end
end

local Account = {}
Account.__index = Account
function Account.new(owner) return setmetatable({owner = owner, balance = 0}, Account) end
function Account:deposit(amount) self.balance = self.balance + amount return self end
function Account:withdraw(amount)
  if amount > self.balance then return false end
  self.balance = self.balance - amount
  return true
end

local function accounts(next)
  local all = {}
  for i = 1, 20 do all[i] = Account.new("owner " .. i) end
  for i = 1, 2000 do
    local from, to, amount = all[1 + next(20)], all[1 + next(20)], next(100)
    from:deposit(20):deposit(3)
    if from:withdraw(amount) then to:deposit(amount) end
  end
  for _, account in ipairs(all) do note(account.owner, account.balance) end
end

local function trees(depth)
  local function make(d) if d == 0 then return {} end return {make(d - 1), make(d - 1)} end
  local function count(t) if not t[1] then return 1 end return 1 + count(t[1]) + count(t[2]) end
  local sum = 0
  for _ = 1, 4 do sum = sum + count(make(depth)) end
  return sum
end

local function sieve(limit)
  local marked, count = {}, 0
  for i = 2, limit do
    if not marked[i] then
      count = count + 1
      for j = i * i, limit, i do marked[j] = true end
    end
  end
  return count
end

local function matrices(size)
  local function make(f) local m = {} for i = 1, size do m[i] = {} for j = 1, size do m[i][j] = f(i, j) end end return m end
  local a, b = make(function(i, j) return i / j end), make(function(i, j) return i + j * 0.5 end)
  local trace = 0.0
  for i = 1, size do
    for j = 1, size do
      local s = 0.0
      for k = 1, size do s = s + a[i][k] * b[k][j] end
      if i == j then trace = trace + s end
    end
  end
  return trace
end

local next = random(42)
for _ = 1, n do
  note(fib(16), sieve(4000), trees(7))
  note(string.format("%.6f", matrices(14)))
  words(next)
  accounts(next)
  local numbers = {}
  for i = 1, 1000 do numbers[i] = next(100000) / 8 end
  table.sort(numbers)
  note(numbers[1], numbers[500], numbers[1000])
  local text = ("the quick brown fox "):rep(20):gsub("(%w+) (%w+)", "%2 %1"):upper()
  note(#text, text:sub(1, 30), (text:find("FOX", 1, true)))
end
return table.concat(out, "\n")
