/* Position-oblivious code: what the program sees of an address of the box is its low half.
   SPDX-License-Identifier: Apache-2.0

     lea v(%rip), %rX           ->  lea v(%rip), %eX            and from disp(%rsp)
     lea 8(%rsp,%rY), %rX       ->  mov %esp, %r11d; lea 8(%r11,%rY), %rX
     mov v@GOTPCREL(%rip), %rX  ->  mov v@GOTPCREL(%rip), %eX   which the linker may make a lea
     mov %rsp, %rX              ->  mov %esp, %eX
     cmp %rsp, %rX              ->  mov %esp, %r11d; cmp %r11, %rX
     call f                     ->  lea 1f(%rip), %r11d; push %r11; jmp f; 1: at a bundle
     jmp *%rX                   ->  mov %eX, %r11d, then as jmp *%r11: rX does not get the base
     call *%rX                  ->  the same behind lea and push
     call *mem                  ->  mov mem, %r11; mov %r11, -16(%rsp); lea 1f(%rip), %r11d;
                                    push %r11; mov -8(%rsp), %r11; then as jmp *%r11
     rep movsb                  ->  as otherwise, then mov %edi, %edi; mov %esi, %esi

   So everything the program computes comes out as in a box at base 0.  Nothing is lost by calls
   that the processor does not predict the return of, since returns are not predicted here.  A call through
   memory loads before it moves rsp, so that a fault finds the stack as the tables of unwinding
   have it; what it keeps below the stack no function may expect to find there.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>

void x86_narrow(struct rewriter *r, struct insn *in, int op)
{
    struct operand *o = &in->op[op];
    if (in->suffix == 'q')
        in->name.len--;
    in->suffix = 0;
    o->text = x86_register_text(r, o->reg, 4);
    o->size = 4;
}

void x86_read_stack(struct rewriter *r, unsigned reg)
{
    if (r->profile->poc)
        x86_put(r, 2 + (reg > 7), "mov\t%%esp, %%%s", x86_register_name(reg, 4));
    else
        x86_put(r, 3, "mov\t%%rsp, %%%s", x86_register_name(reg, 8));
}

static bool is_whole(const struct operand *o)
{
    return o->kind == OPERAND_GPR && o->size == 8;
}

/* r11 takes the place of rsp in the address.  */
static void lea(struct rewriter *r, struct insn *in)
{
    struct mem *m = &in->mem;
    if (in->mem_op != 0 || !is_whole(x86_dst(in)) || x86_dst(in)->reg == RSP || m->seg == 'f')
        return;
    if (m->rip || (m->base == RSP && m->index == NO_REG && m->base_size == 8)) {
        x86_narrow(r, in, 1);
    } else if (m->base == RSP && m->base_size == 8) {
        x86_use_scratch(r, in);
        x86_read_stack(r, R11);
        m->base = R11;
        in->op[0].text = x86_operand_text(r, in, false, 8);
    } else {
        return;
    }
    x86_state(r)->changed = true;
}

static bool named(const struct insn *in, const char *name)
{
    return slice_is_nocase((struct slice){in->name.p, in->name.len - (in->suffix != 0)}, name);
}

/* mov v@GOTPCREL(%rip), %rX */
static bool loads_table(struct insn *in)
{
    static const char kind[] = "@gotpcrel";
    struct slice disp = in->mem.disp;
    if (!named(in, "mov") || in->nops != 2 || in->mem_op != 0 || !in->mem.rip
        || !is_whole(x86_dst(in)) || x86_dst(in)->reg == RSP)
        return false;
    for (size_t i = 0; i + sizeof kind - 1 <= disp.len; i++)
        if (slice_is_nocase((struct slice){disp.p + i, sizeof kind - 1}, kind))
            return true;
    return false;
}

static void load_table(struct rewriter *r, struct insn *in)
{
    struct slice *text = &in->op[0].text, size = in->mem.size;
    if (size.len && text->len > size.len && memcmp(text->p, size.p, size.len) == 0)
        *text = slice_trim((struct slice){text->p + size.len, text->len - size.len});
    in->mem.size = (struct slice){"", 0};
    x86_narrow(r, in, 1);
    x86_state(r)->changed = true;
}

/* Whether the instruction reads rsp as an operand, and does not set it.  */
static bool reads_stack(const struct insn *in)
{
    bool found = false;
    for (int i = 0; i < in->nops; i++)
        found = found || (is_whole(&in->op[i]) && in->op[i].reg == RSP);
    return found && !(in->writes >> RSP & 1);
}

/* cmp with r11, which GCC's probes of the stack have: the low halves are all there is.  */
static bool compares_scratch(struct rewriter *r, struct insn *in)
{
    if (!named(in, "cmp") || in->nops != 2 || !(in->reads >> R11 & 1) || !is_whole(&in->op[0])
        || !is_whole(&in->op[1]))
        return false;
    x86_narrow(r, in, 0);
    x86_narrow(r, in, 1);
    return true;
}

static void read_stack(struct rewriter *r, struct insn *in)
{
    x86_state(r)->changed = true;
    if (compares_scratch(r, in))
        return;
    if (named(in, "mov") && in->nops == 2 && is_whole(&in->op[1])) {
        x86_narrow(r, in, 0);
        x86_narrow(r, in, 1);
        return;
    }
    x86_use_scratch(r, in);
    x86_read_stack(r, R11);
    in->reads |= UINT32_C(1) << R11; /* which nothing else can use now */
    for (int i = 0; i < in->nops; i++)
        if (is_whole(&in->op[i]) && in->op[i].reg == RSP) {
            in->op[i].reg = R11;
            in->op[i].text = x86_register_text(r, R11, 8);
        }
}

void x86_oblivious(struct rewriter *r, struct insn *in)
{
    if (!r->profile->poc || in->row->cls == INSN_JMP || in->row->cls == INSN_CALL)
        return;
    if (in->row->cls == INSN_LEA)
        lea(r, in);
    else if (loads_table(in))
        load_table(r, in);
    else if (reads_stack(in))
        read_stack(r, in);
}

unsigned x86_push_return(struct rewriter *r)
{
    unsigned back = x86_new_label(r);
    x86_put(r, 7, "lea\t.Llfi.%d(%%rip), %%r11d", (int)back);
    x86_put(r, 2, "push\t%%r11");
    return back;
}

void x86_come_back(struct rewriter *r, unsigned back)
{
    x86_align(r);
    x86_place(r, back);
}

void x86_cut_strings(struct rewriter *r, bool rdi, bool rsi)
{
    if (!r->profile->poc)
        return;
    if (rdi)
        x86_put(r, 2, "mov\t%%edi, %%edi");
    if (rsi)
        x86_put(r, 2, "mov\t%%esi, %%esi");
}
