/* Instructions with an address of their own: strings, table look-up, bit strings.
   SPDX-License-Identifier: Apache-2.0

     rep movsb          ->  mov %edi, %edi; lea (%rdi,%r14), %rdi; the same for rsi;
                            rep movsb                                       fused
     xlat               ->  movzbl %al, %r11d; lea (%rbx,%r11), %r11; mov (%r11), %al, confined
     bt %rX, mem        ->  the bytes that hold the bit go to r11, then bt %rX, %r11
     bts %rX, mem       ->  the same, and back; locked: until nobody else came between  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>

enum { CONFINE = 2 + 4 };

static void confine(struct rewriter *r, unsigned reg, unsigned base)
{
    const char *low = x86_register_name(reg, 4), *full = x86_register_name(reg, 8);
    x86_put(r, 2, "mov\t%%%s, %%%s", low, low);
    x86_put(r, 4, "lea\t(%%%s,%%%s), %%%s", full, x86_register_name(base, 8), full);
}

/* At base 0 the address size does it, of rcx too.  */
static void confine_by_size(struct rewriter *r, struct insn *in, unsigned len)
{
    x86_lock(r, 1 + len);
    out_insn(r, ".byte 0x67");
    x86_keep_length(r, in, 0);
    x86_unlock(r);
}

/* Operands say what the mnemonic says, or would ask for another segment or size.  */
static bool operands_plain(struct rewriter *r, const struct insn *in)
{
    for (int i = 0; i < in->nops; i++) {
        const struct operand *o = &in->op[i];
        bool accumulator = o->kind == OPERAND_GPR && o->reg == RAX && o->size != 'h';
        bool address = o->kind == OPERAND_MEM
                       && (memmem(o->text.p, o->text.len, "rdi", 3)
                           || memmem(o->text.p, o->text.len, "rsi", 3))
                       && !memmem(o->text.p, o->text.len, "fs:", 3);
        if (!accumulator && !address) {
            error_at(r, o->text.p, "a string instruction goes through rdi and rsi");
            return false;
        }
    }
    return true;
}

/* -- repetition in metered code ---------------------------------------------------------- */

/* Flags go to r11 and back, with rax.  */
static void save_flags(struct rewriter *r)
{
    x86_put(r, 3, "mov\t%%rax, %%r11");
    x86_put(r, 1, "lahf");
    x86_put(r, 3, "seto\t%%al");
    x86_put(r, 2, "xchg\t%%rax, %%r11");
}

static void restore_flags(struct rewriter *r)
{
    x86_put(r, 2, "xchg\t%%rax, %%r11");
    x86_put(r, 2, "add\t$0x7f, %%al");
    x86_put(r, 1, "sahf");
    x86_put(r, 3, "mov\t%%r11, %%rax");
}

/* The count is charged before.  */
static void repeat_charged(struct rewriter *r, struct insn *in, unsigned len, bool rsi)
{
    x86_lock(r, CHARGE_COUNT + CONFINE + CONFINE * rsi + len);
    x86_charge_count(r);
    confine(r, RDI, R14);
    if (rsi)
        confine(r, RSI, R14);
    x86_keep_length(r, in, 0);
    x86_unlock(r);
}

/* Where a run can be resumed, which charges once more: so many at a time that there is always enough
   for.  r11 is what remains.  */
static void repeat_in_pieces(struct rewriter *r, struct insn *in, unsigned len, bool rsi)
{
    enum { PIECE = 2048 };
    unsigned again = x86_new_label(r);
    x86_put(r, 3, "mov\t%%ecx, %%r11d");
    x86_place(r, again);
    x86_put(r, 5, "mov\t$%d, %%ecx", PIECE);
    x86_put(r, 3, "cmp\t%%r11d, %%ecx");
    x86_put(r, 4, "cmova\t%%r11d, %%ecx");
    x86_put(r, 3, "sub\t%%ecx, %%r11d");
    repeat_charged(r, in, len, rsi);
    x86_put(r, 3, "test\t%%r11d, %%r11d");
    x86_jump_back(r, "jne", again);
}

enum { RED_ZONE = 128 };

/* The same with flags that are looked at later, and rax, below the red zone.  */
static void repeat_keeping_flags(struct rewriter *r, struct insn *in, unsigned len, bool rsi)
{
    x86_put(r, 5, "lea\t%d(%%rsp), %%rsp", -RED_ZONE);
    x86_put(r, 1, "push\t%%rax");
    x86_put(r, 1, "lahf");
    x86_put(r, 3, "seto\t%%al");
    x86_put(r, 1, "push\t%%rax");
    x86_put(r, 5, "mov\t8(%%rsp), %%rax");
    repeat_in_pieces(r, in, len, rsi);
    x86_put(r, 1, "pop\t%%rax");
    x86_put(r, 2, "add\t$0x7f, %%al");
    x86_put(r, 1, "sahf");
    x86_put(r, 1, "pop\t%%rax");
    x86_put(r, 8, "lea\t%d(%%rsp), %%rsp", RED_ZONE);
    x86_put(r, 4, "mov\t(%%rsp), %%r11d");
}

/* rep movs and stos.  */
static void repeat(struct rewriter *r, struct insn *in, unsigned len, bool rsi)
{
    bool keep = !x86_flags_dead(r, in->stmt), pieces = meter_resumes(r);
    x86_use_scratch(r, in);
    if (keep && pieces) {
        repeat_keeping_flags(r, in, len, rsi);
    } else if (pieces) {
        repeat_in_pieces(r, in, len, rsi);
    } else {
        if (keep)
            save_flags(r);
        repeat_charged(r, in, len, rsi);
        if (keep)
            restore_flags(r);
    }
}

/* What else is repeated: a loop, which leaves the flags alone that the instruction gives.  */
static void repeat_looped(struct rewriter *r, struct insn *in, bool rdi, bool rsi)
{
    unsigned again = x86_new_label(r), look = x86_new_label(r), done = x86_new_label(r);
    bool differs = in->prefixes & PREFIX_REPNE;
    struct slice name = in->name;
    enum { JMP = 5, JCC = 6, JRCXZ = 2 };
    x86_jump_to(r, "jmp", look, JMP);
    x86_place(r, again);
    x86_put(r, 4, "lea\t-1(%%rcx), %%rcx");
    x86_lock(r, CONFINE * rdi + CONFINE * rsi + 2);
    if (rdi)
        confine(r, RDI, R14);
    if (rsi)
        confine(r, RSI, R14);
    x86_put(r, 0, "%S", &name);
    x86_unlock(r);
    if (strchr(in->row->detail, 'D'))
        x86_jump_to(r, differs ? "je" : "jne", done, JCC);
    x86_place(r, look);
    x86_jump_to(r, "jrcxz", done, JRCXZ);
    x86_jump_back(r, "jmp", again);
    x86_place(r, done);
}

static bool repeats(const struct rewriter *r, const struct insn *in)
{
    return x86_meters(r) && in->prefixes & (PREFIX_REP | PREFIX_REPNE);
}

void x86_string(struct rewriter *r, struct insn *in)
{
    const char *use = in->row->detail;
    bool full = x86_confines_loads(r);
    bool rdi = x86_confines_stores(r) && (strchr(use, 'd') || (full && strchr(use, 'D')));
    bool rsi = full && strchr(use, 's');
    unsigned len = 1 + !!(in->prefixes & (PREFIX_REP | PREFIX_REPNE)) + 1;
    if (!operands_plain(r, in))
        return;
    if (in->prefixes & ~(unsigned)(PREFIX_REP | PREFIX_REPNE)) {
        error_at(r, in->name.p, "a string instruction takes rep, repe and repne alone");
        return;
    }
    if (!rdi && !rsi) {
        x86_keep_length(r, in, len);
        return;
    }
    if (r->profile->base == LFI_BASE_ZERO) {
        confine_by_size(r, in, len);
        return;
    }
    if (repeats(r, in)) {
        if (strchr(use, 'd'))
            repeat(r, in, len, rsi);
        else
            repeat_looped(r, in, rdi, rsi);
        return;
    }
    if (r->profile->base == LFI_BASE_SLOT)
        x86_use_scratch(r, in);
    x86_lock(r, x86_hold_length(r) + len + CONFINE * rdi + CONFINE * rsi);
    unsigned base = x86_hold_base(r);
    if (rdi)
        confine(r, RDI, base);
    if (rsi)
        confine(r, RSI, base);
    x86_keep_length(r, in, 0);
    x86_unlock(r);
    x86_cut_strings(r, rdi, rsi);
}

void x86_xlat(struct rewriter *r, struct insn *in)
{
    if (in->nops || in->prefixes) {
        error_at(r, in->name.p, "xlat is understood without operands");
        return;
    }
    if (!x86_confines_stores(r)) {
        x86_keep(r, in);
        return;
    }
    x86_use_scratch(r, in);
    x86_put(r, 4, "movzx\t%%al, %%r11d");
    x86_put(r, 4, "lea\t(%%rbx,%%r11), %%r11");
    x86_through_scratch(r, 6, "mov", "al", false);
}

/* -- bit strings --------------------------------------------------------------------- */

/* A register that the instruction does not name.  */
unsigned x86_other_register(const struct insn *in, uint32_t not )
{
    static const uint8_t candidates[] = {RCX, RDX, RSI, RDI, RBX, R8};
    for (size_t i = 0; i < sizeof candidates; i++)
        if (!((in->reads | in->writes | not ) >> candidates[i] & 1))
            return candidates[i];
    return R8;
}

/* r11 = address of the 4 or 8 bytes that hold the bit; TEMP is changed.  */
static void bit_address(struct rewriter *r, struct insn *in, unsigned temp, int pushed)
{
    unsigned off = in->op[0].reg, size = in->op[0].size;
    struct insn lea = *in;
    struct mem *m = &lea.mem;
    const char *t = x86_register_name(temp, 8);
    m->size = (struct slice){"", 0};
    bool regs = m->base != NO_REG || m->index != NO_REG;
    struct slice text =
        regs && !m->rip ? x86_operand_text(r, &lea, false, m->base_size) : in->op[1].text;
    if (x86_state(r)->intel) {
        x86_fit(r, 8, 0);
        x86_count(r);
        out_insn(r, "lea\t%%r11, %S", &text);
    } else {
        x86_put(r, 8, "lea\t%S, %%r11", &text);
    }
    if (m->base == RSP)
        x86_put(r, 7, "lea\t%d(%%r11), %%r11", RED_ZONE + 8 * pushed);
    if (size == 4)
        x86_put(r, 3, "movsxd\t%%%s, %%%s", x86_register_name(off, 4), t);
    else
        x86_put(r, 3, "mov\t%%%s, %%%s", x86_register_name(off, 8), t);
    x86_put(r, 4, "sar\t$%d, %%%s", size == 4 ? 5 : 6, t);
    x86_put(r, 4, "lea\t(%%r11,%%%s,%d), %%r11", t, (int)size);
}

static void put_access(struct rewriter *r, const char *name, const char *reg, bool store)
{
    x86_through_scratch(r, store ? 7 : 6, name, reg, store);
}

/* The flags after it are those of the last bit test; what restores registers keeps them.  */
static void bit_string(struct rewriter *r, struct insn *in)
{
    unsigned off = in->op[0].reg, size = in->op[0].size;
    bool locked = in->prefixes & PREFIX_LOCK, reads = in->row->dst == ACCESS_R;
    unsigned temp = x86_other_register(in, UINT32_C(1) << RAX);
    unsigned copy = off == RAX ? x86_other_register(in, UINT32_C(1) << RAX | UINT32_C(1) << temp) : off;
    unsigned saved[3] = {temp, RAX, copy};
    int pushed = locked ? (copy != off ? 3 : 2) : 1;
    const char *t = x86_register_name(temp, size),
               *c = x86_register_name(locked ? copy : off, size);
    struct slice name = in->name;
    if (in->suffix)
        name.len--;
    x86_use_scratch(r, in);
    const char *sp = r->profile->base == LFI_BASE_ZERO ? "esp" : "rsp";
    x86_put(r, 8, "lea\t%d(%%rsp), %%%s", -RED_ZONE, sp);
    for (int i = 0; i < pushed; i++)
        x86_put(r, 2, "push\t%%%s", x86_register_name(saved[i], 8));
    bit_address(r, in, temp, pushed);
    if (locked) {
        unsigned again = x86_new_label(r);
        if (copy != off)
            x86_put(r, 3, "mov\t%%rax, %%%s", x86_register_name(copy, 8));
        put_access(r, "mov", x86_register_name(RAX, size), false);
        x86_place(r, again);
        x86_put(r, 3, "mov\t%%%s, %%%s", x86_register_name(RAX, size), t);
        x86_put(r, 4, "%S\t%%%s, %%%s", &name, c, t);
        put_access(r, "lock cmpxchg", t, true);
        if (x86_meters(r)) {
            x86_jump_back(r, "jne", again);
        } else {
            x86_fit(r, 2, 4);
            x86_put(r, 0, "jne\t.Llfi.%d", (int)again);
        }
        x86_put(r, 4, "bt\t%%%s, %%%s", c, x86_register_name(RAX, size));
    } else {
        put_access(r, "mov", t, false);
        x86_put(r, 4, "%S\t%%%s, %%%s", &name, c, t);
        if (!reads)
            put_access(r, "mov", t, true);
    }
    for (int i = pushed - 1; i >= 0; i--)
        x86_put(r, 2, "pop\t%%%s", x86_register_name(saved[i], 8));
    x86_put(r, 8, "lea\t%d(%%rsp), %%%s", RED_ZONE, sp);
    if (r->profile->drift)
        x86_put(r, 4, "mov\t(%%rsp), %%r11d");
}

void x86_bit_test(struct rewriter *r, struct insn *in)
{
    if (in->nops != 2 || in->mem_op != 1 || in->op[0].kind != OPERAND_GPR || !x86_confines_stores(r)) {
        x86_access(r, in);
        return;
    }
    if ((in->op[0].size != 4 && in->op[0].size != 8) || in->mem.seg == 'f') {
        error_at(r, in->name.p,
                 "this bit string cannot be confined; compute the address, or use a "
                 "32-bit or 64-bit register");
        return;
    }
    bit_string(r, in);
}
