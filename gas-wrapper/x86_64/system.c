/* System calls, the thread pointer as such, data among the code.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"
#include "lfi_layout.h"

#include <string.h>

enum { LEA_LEN = 7, JMP_LEN = 8, MAX_BYTES = 64 };

/* The jump to an entry of the table, which has one encoding in each profile.  */
static void go_through_table(struct rewriter *r, int entry)
{
    bool intel = x86_state(r)->intel;
    switch (r->profile->base) {
    case LFI_BASE_REGISTER:
        out_insn(r, intel ? "{disp32} jmp\tQWORD PTR [%%r14%d]" : "{disp32} jmp\t*%d(%%r14)",
                 entry);
        break;
    case LFI_BASE_ZERO:
        out_insn(r, intel ? "addr32 jmp\tQWORD PTR ds:%d" : "addr32 jmp\t*%d", entry);
        break;
    default:
        out_insn(r, intel ? "jmp\tQWORD PTR %%gs:%d" : "jmp\t*%%gs:%d", entry);
    }
}

/* A call through the table of the runtime, which comes back to the next bundle.  */
void x86_rtcall(struct rewriter *r, int k)
{
    unsigned next = x86_new_label(r);
    enum { BEHIND_CHARGE = 4 };
    x86_lock(r, x86_tested_length(r, BEHIND_CHARGE, false) + LEA_LEN + JMP_LEN);
    struct x86_test test = x86_test(r, BEHIND_CHARGE, false);
    x86_put(r, LEA_LEN, "lea\t.Llfi.%d(%%rip), %%r11", (int)next);
    go_through_table(r, -8 * (k + 1));
    x86_count(r);
    x86_unlock(r);
    x86_test_end(r, test);
    x86_align(r);
    x86_place(r, next);
}

/* Where there is no context register, the runtime takes it from rax.  */
static void set_by_call(struct rewriter *r, struct insn *in)
{
    unsigned reg = in->op[0].reg;
    in->reads &= ~(UINT32_C(1) << R11);
    x86_use_scratch(r, in);
    if (reg != RAX) {
        x86_put(r, 8, "mov\t%%rax, %d(%%rsp)", SAVED_RAX);
        x86_put(r, 3, "mov\t%%%s, %%rax", x86_register_name(reg, 8));
    }
    x86_rtcall(r, LFI_RTCALL_SET_TP);
    if (reg != RAX)
        x86_put(r, 8, "mov\t%d(%%rsp), %%rax", SAVED_RAX);
}

static void thread_pointer(struct rewriter *r, struct insn *in)
{
    bool get = strcmp(in->row->detail, "get") == 0;
    if (in->nops != 1 || in->op[0].kind != OPERAND_GPR || in->op[0].size != 8
        || in->op[0].reg == RSP) {
        error_at(r, in->name.p, "the operand is a 64-bit register other than rsp");
        return;
    }
    if (get)
        x86_get_tp(r, in, in->op[0].reg);
    else if (!r->profile->ctxreg)
        set_by_call(r, in);
    else
        x86_put(r, 4, "mov\t%%%s, %d(%%r15)", x86_register_name(in->op[0].reg, 8),
                LFI_CTX_TP_OFFSET);
    x86_state(r)->scratch = SCRATCH_LOST;
}

void x86_system(struct rewriter *r, struct insn *in)
{
    if (in->row->cls == INSN_TP) {
        thread_pointer(r, in);
    } else {
        x86_rtcall(r, LFI_RTCALL_SYSCALL);
        x86_state(r)->scratch = SCRATCH_LOST;
    }
}

/* Bytes that are written as data because old assemblers do not know the instruction.  */
static const struct {
    uint8_t len, bytes[4];
    const char *insn;
} known_bytes[] = {
    {3, {0x0f, 0x01, 0xd0}, "xgetbv"},
    {4, {0xf3, 0x0f, 0x1e, 0xfa}, "endbr64"},
    {2, {0xf3, 0xc3}, "ret"},
    {2, {0xf3, 0x90}, "pause"},
    {2, {0x0f, 0x0b}, "ud2"},
    {2, {0x0f, 0xa2}, "cpuid"},
    {2, {0x0f, 0x31}, "rdtsc"},
    {2, {0x66, 0x90}, "nop"},
    {1, {0x90}, "nop"},
    {1, {0xc3}, "ret"},
    {1, {0xcc}, "int3"},
    {3, {0x0f, 0x1f, 0x00}, "nop"},
    {2, {0x48, 0x98}, "cltq"},
    {2, {0xf3, 0xa4}, "rep movsb"},
    {3, {0xf3, 0x48, 0xa5}, "rep movsq"},
    {2, {0xf3, 0xaa}, "rep stosb"},
    {3, {0xf3, 0x48, 0xab}, "rep stosq"},
    {1, {0x3e}, ""}, /* a prefix that does nothing */
    {1, {0xf0}, "lock"},
    {1, {0x67}, "addr32"},
};

static const char *known(const uint8_t *p, size_t n, size_t *len)
{
    for (size_t i = 0; i < sizeof known_bytes / sizeof *known_bytes; i++)
        if (known_bytes[i].len <= n && memcmp(p, known_bytes[i].bytes, known_bytes[i].len) == 0) {
            *len = known_bytes[i].len;
            return known_bytes[i].insn;
        }
    return NULL;
}

/* Padding of the linker's relaxation: tls.c.  */
static bool is_tls_padding(struct rewriter *r, struct slice args)
{
    struct slice value;
    int64_t n;
    while (next_operand(&args, &value))
        if (!expr_constant(r, value, &n) || (n != 0x66 && n != 0x6666))
            return false;
    return true;
}

static bool constant_bytes(struct rewriter *r, const struct stmt *s, uint8_t bytes[MAX_BYTES],
                           size_t *n)
{
    struct slice rest = stmt_args(r, s), value;
    int64_t byte;
    *n = 0;
    while (next_operand(&rest, &value)) {
        if (!expr_constant(r, value, &byte) || (s->directive->arg == 1 && (byte < 0 || byte > 255)))
            return false;
        for (int i = 0; i < s->directive->arg; i++, byte >>= 8) {
            if (*n == MAX_BYTES)
                return false;
            bytes[(*n)++] = (uint8_t)byte;
        }
    }
    return true;
}

enum code_data x86_code_data(struct rewriter *r, const struct stmt *s)
{
    uint8_t bytes[MAX_BYTES];
    size_t n, len;
    int64_t count;
    const char *name = "";
    struct slice args = stmt_args(r, s);
    if (s->directive->arg < 0 || args.len == 0)
        return CODE_NOTHING;
    if (s->directive->cls == DIR_SPACE)
        return expr_constant(r, args, &count) && count == 0 ? CODE_NOTHING : CODE_NO;
    if (is_tls_padding(r, args))
        return CODE_FLOWS;
    if (s->directive->arg < 1 || s->directive->arg > 4 || !constant_bytes(r, s, bytes, &n))
        return CODE_NO;
    for (size_t i = 0; i < n; i += len) {
        struct buf text = {NULL, 0, 0};
        name = known(bytes + i, n - i, &len);
        if (!name && !(len = x86_decode(bytes + i, n - i, &text)))
            n = 0;
        buf_free(&text);
    }
    return n == 0 ? CODE_NO : name && strcmp(name, "ret") == 0 ? CODE_ENDS : CODE_FLOWS;
}

/* The same instructions under their names: what they are has to be seen here.  */
/* 0x66 before an instruction that has it anyway, or whose operands have 64 bits.  */
static bool repeats_prefix(struct rewriter *r, const struct stmt *s)
{
    const struct stmt *end = r->stmts + r->nstmts;
    struct insn in;
    bool wide = false;
    while (++s < end && s->kind == STMT_EMPTY)
        ;
    if (s == end || s->kind != STMT_INSN || !s->insn || !x86_parse(r, s, &in, false)
        || in.row->cls != INSN_PLAIN)
        return false;
    for (int i = 0; i < in.nops; i++) {
        if (in.op[i].kind == OPERAND_VECTOR)
            return false;
        wide = wide || (in.op[i].kind == OPERAND_GPR && in.op[i].size == 8);
    }
    return wide;
}

/* One instruction, or several in lines of their own; MORE: others follow.  */
static void assemble(struct rewriter *r, const char *text, bool more)
{
    if (!*text)
        out_drop(r);
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        struct slice line = {text, (size_t)(end - text)};
        const struct stmt *made = stmt_made(r, "%S", &line);
        r->more_made = more || *end;
        if (slice_is(line, "lock") || slice_is(line, "addr32")) {
            struct insn in; /* the prefix of the next statement */
            if (x86_parse(r, made, &in, true))
                x86_take_prefix(r, &in, r->cur);
            continue;
        }
        x86_insn(r, made);
    }
}

bool x86_data(struct rewriter *r, const struct stmt *s)
{
    uint8_t bytes[MAX_BYTES];
    size_t n, len;
    if (x86_tls_data(r, s))
        return true;
    if (is_tls_padding(r, stmt_args(r, s))) {
        out_drop(r);
        return repeats_prefix(r, s);
    }
    if (x86_code_data(r, s) == CODE_NO || !constant_bytes(r, s, bytes, &n))
        return false;
    for (size_t i = 0; i < n; i += len) {
        const char *name = known(bytes + i, n - i, &len);
        struct buf text = {NULL, 0, 0};
        if (name)
            buf_format(&text, "%s", name);
        else
            len = x86_decode(bytes + i, n - i, &text);
        buf_put(&text, "", 1);
        assemble(r, text.p, i + len < n);
        buf_free(&text);
        r->more_made = false;
        if (len == 0)
            return false;
    }
    return true;
}
