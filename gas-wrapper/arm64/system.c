/* System calls, the thread pointer, system registers, hints, cache maintenance.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"
#include "lfi_layout.h"

static const char *const read_registers[] = {
    "fpcr",
    "fpsr",
    "ctr_el0",
    "dczid_el0",
    "midr_el1",
    "id_aa64pfr0_el1",
    "id_aa64pfr1_el1",
    "id_aa64zfr0_el1",
    "id_aa64isar0_el1",
    "id_aa64isar1_el1",
    "id_aa64isar2_el1",
    "id_aa64mmfr0_el1",
    "id_aa64mmfr1_el1",
    "id_aa64mmfr2_el1",
    NULL,
};
/* A system may keep these from programs, which get an illegal instruction then.  */
static const char *const counters[] = {"cntvct_el0", "cntpct_el0", "pmccntr_el0", NULL};
static const char *const written_registers[] = {"fpcr", "fpsr", NULL};

static bool listed(struct slice word, const char *const *list)
{
    for (; *list; list++)
        if (slice_is_nocase(word, *list))
            return true;
    return false;
}

static bool is_tp(struct slice reg)
{
    return slice_is_nocase(reg, "tpidr_el0");
}

bool arm64_tp_is_call(const struct rewriter *r)
{
    return r->profile->table == LFI_TABLE_PAGE0;
}

/* A call through the table of the runtime.  It keeps every register but x0 and x30, and
   x30 waits in x26.  */
static void rtcall(struct rewriter *r, int k)
{
    out_insn(r, "mov\tx26, x30");
    if (arm64_meters(r))
        arm64_test(r, 3);
    if (r->profile->table == LFI_TABLE_PAGE0)
        out_insn(r, k ? "ldr\tx30, [x27, #%d]" : "ldr\tx30, [x27]", 8 * k);
    else
        out_insn(r, "ldur\tx30, [x27, #%d]", -8 * (k + 1));
    out_insn(r, "blr\tx30");
    out_insn(r, "add\tx30, x27, w26, uxtw");
    arm64_link_closed(r);
    arm64_state(r)->guarded = NO_REG;
}

static void svc(struct rewriter *r, struct insn *in)
{
    int64_t n;
    if (in->nops != 1 || !expr_constant(r, in->op[0].text, &n) || n != 0)
        error_at(r, in->name.p, "only svc #0 is a system call of Linux");
    else
        rtcall(r, LFI_RTCALL_SYSCALL);
}

/* x0 is the result: the program's is kept on the stack meanwhile.  */
static void get_tp_by_call(struct rewriter *r, int reg)
{
    if (reg != 0)
        out_insn(r, "str\tx0, [sp, #-16]!");
    rtcall(r, LFI_RTCALL_GET_TP);
    if (reg != 0) {
        out_insn(r, "mov\tx%d, x0", reg);
        out_insn(r, "ldr\tx0, [sp], #16");
    }
}

static void set_tp_by_call(struct rewriter *r, int reg)
{
    out_insn(r, "str\tx0, [sp, #-16]!");
    if (reg == ZR)
        out_insn(r, "mov\tx0, xzr");
    else if (reg != 0)
        out_insn(r, "mov\tx0, x%d", reg);
    rtcall(r, LFI_RTCALL_SET_TP);
    out_insn(r, "ldr\tx0, [sp], #16");
}

static bool is_gpr64(const struct operand *o)
{
    return o->kind == OPERAND_GPR && o->cls == 'x' && o->reg <= ZR;
}

static void mrs(struct rewriter *r, struct insn *in)
{
    if (in->nops != 2 || !is_gpr64(&in->op[0]))
        error_at(r, in->name.p, "mrs takes a 64-bit register and a system register");
    else if (listed(in->op[1].text, read_registers))
        out_keep(r);
    else if (listed(in->op[1].text, counters))
        out_insn(r, "udf\t#0");
    else if (!is_tp(in->op[1].text))
        error_at(r, in->op[1].text.p, "this system register cannot be read in a box");
    else if (in->op[0].reg == ZR)
        out_drop(r);
    else if (arm64_tp_is_call(r))
        get_tp_by_call(r, in->op[0].reg);
    else
        out_insn(r, "ldr\tx%d, [x25, #%d]", (int)in->op[0].reg, LFI_CTX_TP_OFFSET);
}

static void msr(struct rewriter *r, struct insn *in)
{
    if (in->nops != 2 || !is_gpr64(&in->op[1]))
        error_at(r, in->name.p, "msr takes a system register and a 64-bit register");
    else if (listed(in->op[0].text, written_registers))
        out_keep(r);
    else if (!is_tp(in->op[0].text))
        error_at(r, in->op[0].text.p, "this system register cannot be written in a box");
    else if (arm64_tp_is_call(r))
        set_tp_by_call(r, in->op[1].reg);
    else if (in->op[1].reg == ZR)
        out_insn(r, "str\txzr, [x25, #%d]", LFI_CTX_TP_OFFSET);
    else
        out_insn(r, "str\tx%d, [x25, #%d]", (int)in->op[1].reg, LFI_CTX_TP_OFFSET);
}

/* Code becomes executable only through the runtime, which does the maintenance.  */
static void cache(struct rewriter *r, struct insn *in)
{
    static const char *const maintenance[] = {"cvau",  "cvac", "cvap", "cvadp",
                                              "civac", "ivau", NULL};
    if (in->nops != 2 || !is_gpr64(&in->op[1]) || in->op[1].reg == ZR) {
        error_at(r, in->name.p, "this operation is not allowed in a box");
    } else if (slice_is_nocase(in->name, "dc") && slice_is_nocase(in->op[0].text, "zva")) {
        if (arm64_confines(r)) {
            arm64_guard(r, in->op[1].reg);
            out_insn(r, "dc\tzva, x28");
        } else {
            out_keep(r);
        }
    } else if (listed(in->op[0].text, maintenance)) {
        out_insn(r, "nop");
    } else {
        error_at(r, in->op[0].text.p, "this operation is not allowed in a box");
    }
}

/* Waiting for an event may end at any time, and nobody waits for what is sent.  */
static void event(struct rewriter *r, struct insn *in)
{
    if (slice_is_nocase(in->name, "wfe")) {
        out_insn(r, "yield");
    } else if (slice_is_nocase(in->name, "csdb")) {
        out_insn(r, "dsb\tsy"); /* stronger, and allowed */
        out_insn(r, "isb");
    } else {
        out_insn(r, "nop");
    }
}

static void hint(struct rewriter *r, struct insn *in)
{
    int64_t n;
    if (in->nops != 1 || !expr_constant(r, in->op[0].text, &n) || n < 0 || n > 127) {
        error_at(r, in->name.p, "hint takes a number below 128");
    } else if (n == 7 || (n >= 24 && n <= 31)) {
        out_keep(r);
        arm64_link_opened(r);
    } else if (n < 2 || (n >= 8 && n <= 14 && n % 2 == 0) || (n >= 32 && n <= 38 && n % 2 == 0)) {
        out_keep(r);
    } else if (n == 2) {
        out_insn(r, "yield");
    } else if (n == 20) {
        out_insn(r, "dsb\tsy");
        out_insn(r, "isb");
    } else if (n == 4 || n == 5 || n == 6 || n == 16) {
        out_insn(r, "nop");
    } else {
        error_at(r, in->op[0].text.p, "this hint is not allowed in a box");
    }
}

void arm64_system(struct rewriter *r, struct insn *in)
{
    switch (in->row->cls) {
    case INSN_SVC:
        svc(r, in);
        break;
    case INSN_MRS:
        mrs(r, in);
        break;
    case INSN_MSR:
        msr(r, in);
        break;
    case INSN_CACHE:
        cache(r, in);
        break;
    case INSN_HINT:
        hint(r, in);
        break;
    case INSN_EVENT:
        event(r, in);
        break;
    default: /* INSN_LINK */
        out_keep(r);
        arm64_link_opened(r);
    }
}
