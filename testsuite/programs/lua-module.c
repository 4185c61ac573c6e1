/* A module of lua's that is loaded as a shared library: values, callbacks, errors across both.
   SPDX-License-Identifier: Apache-2.0  */
#include "lauxlib.h"
#include "lua.h"

static _Thread_local int calls;

/* sum(f, n): f(1) + ... + f(n) */
static int sum(lua_State *l)
{
    lua_Integer n = luaL_checkinteger(l, 2), total = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_pushvalue(l, 1);
        lua_pushinteger(l, i);
        lua_call(l, 1, 1);
        total += luaL_checkinteger(l, -1);
        lua_pop(l, 1);
    }
    calls++;
    lua_pushinteger(l, total);
    return 1;
}

static int count(lua_State *l)
{
    lua_pushinteger(l, calls);
    return 1;
}

int luaopen_counter(lua_State *l)
{
    static const luaL_Reg functions[] = {{"sum", sum}, {"count", count}, {NULL, NULL}};
    luaL_newlib(l, functions);
    return 1;
}
