/* lfi-rewrite --flags: what other programs must be told for a profile.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/flags.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/tool.h"

enum when { ALWAYS, FIXED, SCRATCH, BUNDLES };

static const struct {
    enum LFIArch arch;
    const char *program;
    enum when when;
    const char *text;
} rows[] = {
#define FLAGS(arch, program, when, text) {LFI_ARCH_##arch, program, when, text},
#include "gas-wrapper/flags.def"
#undef FLAGS
};
enum { NROWS = sizeof rows / sizeof rows[0] };

static bool applies(enum when when, const struct LFIProfile *p)
{
    switch (when) {
    case FIXED:
        return p->regset[0];
    case SCRATCH:
        return !strstr(p->regset, "r11");
    case BUNDLES:
        return p->bundle;
    default:
        return true;
    }
}

static void put_list(FILE *out, const char *registers)
{
    for (; *registers; registers++)
        putc(*registers == ' ' ? ',' : *registers, out);
}

/* One that a compiler could not load is said here.  */
static void put_plugin(FILE *out, const struct LFIProfile *p)
{
    char *path =
        tool_printf("%s/libexec/lfi/%s/lfi_plugin.so", tool_prefix(), lfi_arch_name(p->arch));
    if (access(path, R_OK) != 0)
        tool_fail("%s: not there: install the toolchain for %s", path, lfi_arch_name(p->arch));
    fputs(path, out);
    free(path);
}

static void put_text(FILE *out, const char *text, const struct LFIProfile *p, const char *reg)
{
    for (; *text; text++) {
        if (*text != '%') {
            putc(*text, out);
            continue;
        }
        switch (*++text) {
        case 'P':
            put_plugin(out, p);
            break;
        case 'R':
            put_list(out, p->regset);
            break;
        case 'r':
            fprintf(out, "%.*s", (int)strcspn(reg, " "), reg);
            break;
        default:
            fprintf(out, "%u", p->bundle);
        }
    }
}

static void put_row(FILE *out, const char *text, const struct LFIProfile *p, const char **separator)
{
    const char *reg = p->regset;
    do {
        fputs(*separator, out);
        put_text(out, text, p, reg);
        *separator = " ";
        reg += strcspn(reg, " ");
        reg += *reg == ' ';
    } while (strstr(text, "%r") && *reg);
}

char *flags_for(const char *program, const struct LFIProfile *p)
{
    const char *separator = "";
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        tool_fail("out of memory");
    if (strcmp(program, "clang") == 0 && p->arch == LFI_ARCH_X86_64 && p->regset[0])
        tool_fail("clang uses every register on x86-64, and profile %s reserves some: use "
                  "--profile allregs",
                  p->name);
    for (size_t i = 0; i < NROWS; i++)
        if (rows[i].arch == p->arch && strcmp(rows[i].program, program) == 0
            && applies(rows[i].when, p))
            put_row(out, rows[i].text, p, &separator);
    if (!*separator)
        tool_usage("--flags=%s: gcc, clang or postlink", program);
    if (fclose(out) != 0)
        tool_fail("out of memory");
    return text;
}
