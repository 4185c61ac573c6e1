/* What the box sees of its surroundings: environment, directories, working directory.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/tool.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void set_variable(const char **list, size_t *n, const char *entry)
{
    size_t len = strcspn(entry, "=");
    for (size_t i = 0; i < *n; i++)
        if (strncmp(list[i], entry, len) == 0 && list[i][len] == '=') {
            list[i] = entry;
            return;
        }
    list[(*n)++] = entry;
}

const char **box_environment(const struct options *o)
{
    size_t n = 0, host = 0;
    while (environ[host])
        host++;
    const char **list = tool_alloc((host + o->nenv + 1) * sizeof *list);
    for (size_t i = 0; o->env_all && i < host; i++)
        list[n++] = environ[i];
    for (size_t i = 0; i < o->nenv; i++) {
        const char *value = strchr(o->env[i], '=') ? NULL : getenv(o->env[i]);
        if (value)
            set_variable(list, &n, tool_printf("%s=%s", o->env[i], value));
        else if (strchr(o->env[i], '='))
            set_variable(list, &n, o->env[i]);
    }
    return list;
}

/* The path as text without ".", ".." and double slashes.  */
static char *normal(const char *path)
{
    char *out = tool_alloc(strlen(path) + 2);
    size_t n = 0;
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len == 2 && strncmp(path, "..", 2) == 0) {
            while (n && out[--n] != '/')
                ;
        } else if (len && !(len == 1 && *path == '.')) {
            out[n++] = '/';
            memcpy(out + n, path, len);
            n += len;
        }
        path += len + (path[len] == '/');
    }
    if (n == 0)
        out[n++] = '/';
    out[n] = 0;
    return out;
}

static char *current_directory(void)
{
    char *cwd = getcwd(NULL, 0);
    if (!cwd)
        tool_fail("working directory: %s", strerror(errno));
    return cwd;
}

/* "HOST[:ro]" becomes "PATH=HOST[:ro]" with the host's absolute path.  */
static const char *same_path(const char *arg)
{
    size_t len = strlen(arg);
    bool suffix =
        len > 3 && (strcmp(arg + len - 3, ":ro") == 0 || strcmp(arg + len - 3, ":rw") == 0);
    char *host = tool_strdup(arg);
    if (suffix)
        host[len - 3] = 0;
    char *path = *host == '/' ? tool_strdup(host) : tool_printf("%s/%s", current_directory(), host);
    path = normal(path);
    if (strchr(path, '='))
        tool_fail("--dir %s: a path with '=' is given as --dir /BOX=HOST", arg);
    return tool_printf("%s=%s", path, arg);
}

const char **box_directories(const struct options *o, const char *libraries)
{
    static const char lib[] = "/lib=";
    const char **list = tool_alloc((o->ndirs + 2) * sizeof *list);
    bool given = false;
    size_t n = 0;
    for (; n < o->ndirs; n++) {
        list[n] = strchr(o->dirs[n], '=') ? o->dirs[n] : same_path(o->dirs[n]);
        given =
            given || strncmp(list[n], lib, strlen(lib)) == 0 || strncmp(list[n], "/lib/=", 6) == 0;
    }
    if (libraries && !given)
        list[n++] = tool_printf("%s%s:ro", lib, libraries);
    return list;
}

/* What is left of path below dir, or NULL.  */
static const char *below(const char *path, const char *dir)
{
    size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
    return strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/') ? path + n : NULL;
}

const char *box_working_directory(const char *const *maps)
{
    char *cwd = getcwd(NULL, 0), host[PATH_MAX];
    const char *best = "/";
    size_t longest = 0;
    for (size_t i = 0; cwd && maps[i]; i++) {
        const char *eq = strchr(maps[i], '=');
        char *dir = tool_strdup(eq + 1);
        size_t len = strlen(dir);
        if (len > 3 && (strcmp(dir + len - 3, ":ro") == 0 || strcmp(dir + len - 3, ":rw") == 0))
            dir[len - 3] = 0;
        const char *rest = realpath(dir, host) ? below(cwd, host) : NULL;
        if (rest && strlen(host) > longest) {
            longest = strlen(host);
            best = tool_printf("%.*s%s", (int)(eq - maps[i]), maps[i], rest);
        }
        free(dir);
    }
    return best;
}
