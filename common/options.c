/* Command lines of long options, from one table.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "common/options.h"
#include "common/tool.h"

#include <string.h>

static void print_row(const struct tool_option *row, int column, FILE *f)
{
    const char *before = row->optional ? "[=" : row->arg ? " " : "";
    int n = fprintf(f, "  --%s%s%s%s", row->name, before, row->arg ? row->arg : "",
                    row->optional ? "]" : "");
    if (n >= column)
        n = fprintf(f, "\n") - 1;
    fprintf(f, "%*s", column - n, "");
    for (const char *s = row->help; *s; s++) {
        putc(*s, f);
        if (*s == '\n')
            fprintf(f, "%*s", column, "");
    }
    putc('\n', f);
}

void tool_options_help(const struct tool_options *table)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        tool_fail("out of memory");
    fputs(table->usage, f);
    for (size_t i = 0; i < table->n; i++)
        print_row(&table->rows[i], table->column, f);
    fputs(table->notes, f);
    if (fclose(f) != 0)
        tool_fail("out of memory");
    tool_help(text);
}

void tool_option_take(const struct tool_options *table, struct options *o, char ***next)
{
    char *word = *(*next)++ + 2;
    size_t len = strcspn(word, "=");
    const char *value = word[len] ? word + len + 1 : NULL;
    for (size_t i = 0; i < table->n; i++) {
        const struct tool_option *row = &table->rows[i];
        if (strlen(row->name) != len || strncmp(row->name, word, len) != 0)
            continue;
        if (!row->arg && value)
            tool_usage("--%s takes no value", row->name);
        if (row->arg && !row->optional && !value && !(value = *(*next)++))
            tool_usage("--%s needs %s", row->name, row->arg);
        if (row->take)
            row->take(o, value);
        else if (strcmp(row->name, "help") == 0)
            tool_options_help(table);
        else
            tool_version();
        return;
    }
    tool_usage("unknown option '--%s'", word);
}
