/* Writes the C file.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-bind/lfi-bind.h"

#include <stdlib.h>
#include <string.h>

static void write_head(const struct binding *b, FILE *out)
{
    fprintf(out,
            "/* Written by lfi-bind.  Build it with the host: cc -c FILE.c; link with -llfi.\n"
            "\n"
            "   bool %s_open(void)        opens the library; false: lfi_errmsg()\n"
            "   void %s_close(void)\n"
            "   struct LFILibrary %s_library  */\n"
            "#include <stdbool.h>\n#include <string.h>\n\n#include <lfi_bind.h>\n",
            b->prefix, b->prefix, b->prefix);
    for (size_t i = 0; i < b->nincludes; i++)
        fprintf(out, "#include %s\n", b->includes[i]);
    fprintf(out,
            "\nbool %s_open(void);\nvoid %s_close(void);\n"
            "extern struct LFILibrary %s_library;\n\n",
            b->prefix, b->prefix, b->prefix);
}

/* A C string or a string of the assembler: the same but for what a path hardly has.  */
static void write_quoted(FILE *out, const char *s)
{
    putc('"', out);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            fprintf(out, "\\%03o", (unsigned char)*s);
        else
            putc(*s, out);
    }
    putc('"', out);
}

static void write_image(const struct binding *b, FILE *out)
{
    char *path = realpath(b->library, NULL);
    if (!b->embed)
        return;
    fprintf(out, "__asm__(\".pushsection .rodata\\n\"\n"
                 "        \".balign 16\\n\"\n"
                 "        \"lfi_bind_image:\\n\"\n"
                 "        \".incbin \" ");
    /* Quoted once for the assembler and again for C.  */
    char *text = NULL;
    size_t size = 0;
    FILE *once = open_memstream(&text, &size);
    if (once) {
        write_quoted(once, path ? path : b->library);
        fclose(once);
        write_quoted(out, text);
    }
    fprintf(out,
            " \"\\n\"\n        \"lfi_bind_image_end:\\n\"\n        \".popsection\\n\");\n"
            "extern const unsigned char lfi_bind_image[] __attribute__((visibility(\"hidden\")));\n"
            "extern const unsigned char lfi_bind_image_end[] "
            "__attribute__((visibility(\"hidden\")));\n\n");
    free(text);
    free(path);
}

static const char *layout_of(const struct LFIProfile *profile)
{
    return profile->guard == LFI_GUARD_ONE ? "LFI_LAYOUT_ONE" : "LFI_LAYOUT_DEFAULT";
}

static void write_tables(const struct binding *b, FILE *out)
{
    fprintf(out,
            "static __thread struct LFIContext *context;\n\n"
            "static struct LFIContext **context_pointer(void)\n{\n    return &context;\n}\n\n"
            "struct LFIBinding %s_functions[] __attribute__((visibility(\"hidden\"))) = {\n",
            b->prefix);
    for (size_t i = 0; i < b->nfunctions; i++)
        fprintf(out, "    {&%s_library, \"%s\", %zu, %zu, 0},\n", b->prefix, b->functions[i].name,
                b->functions[i].stack, b->functions[i].result);
    fprintf(out, "    {0, 0, 0, 0, 0}};\n\nstruct LFILibrary %s_library = {\n    .name = \"%s\",\n",
            b->prefix, b->prefix);
    if (!b->embed) {
        fprintf(out, "    .path = ");
        write_quoted(out, b->library);
        fprintf(out, ",\n");
    }
    fprintf(out,
            "    .functions = %s_functions,\n    .nfunctions = %zu,\n    .ctxp = context_pointer,\n"
            "    .stores_only = %s,\n    .layout = %s,\n};\n\n",
            b->prefix, b->nfunctions, b->profile->sandbox == LFI_SANDBOX_STORES ? "true" : "false",
            layout_of(b->profile));
    fprintf(out, "bool %s_open(void)\n{\n", b->prefix);
    if (b->embed)
        fprintf(out,
                "    %s_library.image = lfi_bind_image;\n"
                "    %s_library.size = (size_t)(lfi_bind_image_end - lfi_bind_image);\n",
                b->prefix, b->prefix);
    fprintf(out,
            "    return lfi_library_open(&%s_library, NULL);\n}\n\n"
            "void %s_close(void)\n{\n    lfi_library_close(&%s_library);\n}\n\n",
            b->prefix, b->prefix, b->prefix);
}

/* Those that pass all registers on: no types needed.  */
static void write_transparent(const struct binding *b, FILE *out)
{
    fprintf(out,
            "/* The address of the binding goes into a register that no argument is in; all others "
            "stay as "
            "they are.  */\n"
            "_Static_assert(sizeof(struct LFIBinding) == 40, \"as the numbers below have it\");\n"
            "#if defined(__x86_64__)\n"
            "#define TYPE \"@function\"\n"
            "#define GO(binding) \\\n"
            "    \"leaq \" binding \"(%%rip), %%r11\\n\" \\\n"
            "    \"jmp *lfi_trampoline_bound@GOTPCREL(%%rip)\\n\"\n"
            "#else\n"
            "#define TYPE \"%%function\"\n"
            "#define GO(binding) \\\n"
            "    \"adrp x9, \" binding \"\\n\" \\\n"
            "    \"add x9, x9, :lo12:\" binding \"\\n\" \\\n"
            "    \"adrp x10, :got:lfi_trampoline_bound\\n\" \\\n"
            "    \"ldr x10, [x10, :got_lo12:lfi_trampoline_bound]\\n\" \\\n"
            "    \"br x10\\n\"\n"
            "#endif\n"
            "#define FUNCTION(name, offset) \\\n"
            "    __asm__(\".text\\n.globl \" name \"\\n.type \" name \", \" TYPE \"\\n.p2align "
            "4\\n\" name \":\\n\" \\\n"
            "            GO(\"%s_functions+\" offset) \".size \" name \", . - \" name \"\\n\");\n",
            b->prefix);
    for (size_t i = 0; i < b->nfunctions; i++)
        if (!b->functions[i].typed)
            fprintf(out, "FUNCTION(\"%s\", \"%zu\")\n", b->functions[i].name, 40 * i);
}

static bool is_void(const struct function *f)
{
    return strcmp(f->type, "void") == 0;
}

static bool copies(const struct parameter *p)
{
    return p->travel >= TRAVEL_IN && p->travel <= TRAVEL_STRING;
}

static void write_count(const struct parameter *p, FILE *out)
{
    /* Elements of void are bytes.  */
    const char *size =
        strncmp(p->type, "void *", 6) == 0 || strncmp(p->type, "const void *", 12) == 0 ? "1"
                                                                                        : NULL;
    if (p->travel == TRAVEL_STRING)
        fprintf(out, "%s ? strlen(%s) + 1 : 0", p->name, p->name);
    else if (size)
        fprintf(out, "%s ? (size_t)(%s) : 0", p->name, p->count ? p->count : "1");
    else
        fprintf(out, "%s ? (size_t)(%s) * sizeof *%s : 0", p->name, p->count ? p->count : "1",
                p->name);
}

static void write_parameters(const struct function *f, FILE *out)
{
    for (size_t i = 0; i < f->nparams; i++) {
        size_t n = strlen(f->params[i].type);
        fprintf(out, "%s%s%s%s", i ? ", " : "", f->params[i].type,
                n && f->params[i].type[n - 1] == '*' ? "" : " ", f->params[i].name);
    }
    if (!f->nparams)
        fprintf(out, "void");
}

static void write_call(const struct binding *b, const struct function *f, size_t number, FILE *out)
{
    fprintf(out, "LFI_INVOKE(%s_library.box, &context, %s_functions[%zu].fn, %s, (", b->prefix,
            b->prefix, number, f->type);
    for (size_t i = 0; i < f->nparams; i++)
        fprintf(out, "%s%s", i ? ", " : "",
                copies(&f->params[i]) || f->params[i].travel == TRAVEL_CALLBACK
                    ? "void *"
                    : f->params[i].type);
    fprintf(out, "%s)", f->nparams ? "" : "void");
    for (size_t i = 0; i < f->nparams; i++)
        fprintf(out, ", %s%s",
                copies(&f->params[i]) || f->params[i].travel == TRAVEL_CALLBACK ? "lfi_" : "",
                f->params[i].name);
    fprintf(out, ")");
}

static void write_copies_in(const struct binding *b, const struct function *f, FILE *out)
{
    fprintf(out, "    bool lfi_ok = %s_library.box != 0;\n", b->prefix);
    for (size_t i = 0; i < f->nparams; i++) {
        const struct parameter *p = &f->params[i];
        if (!copies(p))
            continue;
        fprintf(out, "    size_t lfi_size_%s = ", p->name);
        write_count(p, out);
        fprintf(out, ";\n");
    }
    for (size_t i = 0; i < f->nparams; i++) {
        const struct parameter *p = &f->params[i];
        if (p->travel == TRAVEL_CALLBACK)
            fprintf(out,
                    "    void *lfi_%s = lfi_library_callback(&%s_library, (void *)%s);\n"
                    "    lfi_ok = lfi_ok && (!%s || lfi_%s);\n",
                    p->name, b->prefix, p->name, p->name, p->name);
        else if (copies(p))
            fprintf(out,
                    "    void *lfi_%s = lfi_library_copy_in(&%s_library, %s, lfi_size_%s, %s, "
                    "&lfi_ok);\n",
                    p->name, b->prefix, p->name, p->name,
                    p->travel == TRAVEL_OUT ? "false" : "true");
    }
}

static void write_copies_out(const struct binding *b, const struct function *f, FILE *out)
{
    for (size_t i = 0; i < f->nparams; i++) {
        const struct parameter *p = &f->params[i];
        bool back = p->travel == TRAVEL_OUT || p->travel == TRAVEL_INOUT;
        if (copies(p))
            fprintf(out,
                    "    lfi_library_copy_out(&%s_library, %s%s, lfi_%s, lfi_size_%s, &lfi_ok);\n",
                    b->prefix, back ? "" : "NULL", back ? p->name : "", p->name, p->name);
    }
}

static void write_typed(const struct binding *b, const struct function *f, size_t number, FILE *out)
{
    size_t n = strlen(f->type);
    fprintf(out, "%s%s%s(", f->type, f->type[n - 1] == '*' ? "" : " ", f->name);
    write_parameters(f, out);
    fprintf(out, ")\n{\n");
    write_copies_in(b, f, out);
    if (!is_void(f))
        fprintf(out,
                "    __typeof__(%s) lfi_result;\n    memset((void *)&lfi_result, 0, sizeof "
                "lfi_result);\n",
                f->type);
    fprintf(out, "    if (lfi_ok) {\n        ");
    if (!is_void(f))
        fprintf(out, "lfi_result = ");
    write_call(b, f, number, out);
    fprintf(out, ";\n        lfi_ok = lfi_invoke_info.end == LFI_INVOKE_RETURNED;\n    }\n");
    write_copies_out(b, f, out);
    fprintf(out,
            "    if (!lfi_ok && %s_library.failed)\n"
            "        %s_library.failed(&%s_functions[%zu], lfi_invoke_info.end);\n",
            b->prefix, b->prefix, b->prefix, number);
    if (f->string)
        fprintf(out, "    return (%s)lfi_library_string(&%s_library, lfi_result);\n", f->type,
                b->prefix);
    else if (!is_void(f))
        fprintf(out, "    return lfi_result;\n");
    fprintf(out, "}\n\n");
}

void write_binding(const struct binding *b, FILE *out)
{
    bool transparent = false;
    write_head(b, out);
    write_image(b, out);
    write_tables(b, out);
    for (size_t i = 0; i < b->nfunctions; i++) {
        if (b->functions[i].typed)
            write_typed(b, &b->functions[i], i, out);
        else
            transparent = true;
    }
    if (transparent)
        write_transparent(b, out);
}
