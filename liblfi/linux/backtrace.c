/* Backtraces of threads that faulted.
   SPDX-License-Identifier: Apache-2.0

   Nothing here is trusted: addresses are reduced to the box and read by copies that may fail,
   tables are those of the file's copy, and the number of frames is bounded.  */
#include "config.h"

#include "liblfi/linux/linux.h"
#include "liblfi/linux/unwind.h"

static bool read_word(void *arg, uint64_t addr, uint64_t *value)
{
    const struct LFILinuxProc *p = arg;
    return lfi_box_copyfm(p->box, value, lfi_box_l2p(p->box, addr), sizeof *value);
}

static void find_table(const struct LFILinuxProc *p, const char *name, bool debug,
                       struct unwind_table *out)
{
    Elf64_Shdr sh;
    const uint8_t *data = program_section_named(p, name, &sh) ? program_bytes(p, &sh) : NULL;
    *out = (struct unwind_table){data, data ? sh.sh_size : 0, sh.sh_addr, debug};
}

static bool in_code(const struct LFILinuxProc *p, uint64_t offset)
{
    for (unsigned i = 0; i < p->prog.elf.nsegs; i++) {
        const struct LFIVElfSegment *s = &p->prog.elf.segs[i];
        if (s->prot & LFIV_ELF_EXEC && offset - s->vaddr < s->memsz)
            return true;
    }
    return false;
}

/* The offset in the image of an address of the box.  */
static uint64_t image_offset(const struct LFILinuxProc *p, uint64_t addr)
{
    return lfi_box_l2p(p->box, addr) - p->prog.image;
}

/* The innermost frame where nothing is known of its function: it jumped to nowhere, or was written
   in assembly.  Most likely it has only just been called.  */
static bool just_called(const struct unwind *u, struct unwind_frame *f)
{
    uint64_t sp = f->reg[u->sp];
    if (ABI_LINK_REGISTER >= 0) {
        f->pc = f->reg[ABI_LINK_REGISTER < 0 ? 0 : ABI_LINK_REGISTER];
        return true;
    }
    f->reg[u->sp] = sp + 8;
    return read_word(u->arg, sp, &f->pc);
}

void backtrace_take(struct LFILinuxThread *t, uint64_t pc, struct backtrace *out)
{
    struct LFILinuxProc *p = t->proc;
    struct unwind u = {.sp = ABI_DWARF_SP, .read = read_word, .arg = p};
    struct unwind_frame f = {.pc = pc - p->prog.image};
    find_table(p, ".eh_frame", false, &u.table[0]);
    find_table(p, ".debug_frame", true, &u.table[1]);
    abi_dwarf_registers(lfi_ctx_regs(t->ctx), f.reg);
    out->n = 0;
    out->pc[out->n++] = pc;
    while (out->n < LFI_MAX_FRAMES) {
        bool first = out->n == 1;
        uint64_t sp = image_offset(p, f.reg[u.sp]);
        enum unwind_result r = unwind_step(&u, &f, !first);
        if (r == UNWIND_UNKNOWN && first ? !just_called(&u, &f) : r != UNWIND_CALLER)
            return;
        f.pc = image_offset(p, f.pc);
        /* Callers are further up the stack, but of a function that has not used it.  */
        if (!in_code(p, f.pc) || image_offset(p, f.reg[u.sp]) < sp + !first)
            return;
        out->pc[out->n++] = p->prog.image + f.pc;
    }
}

bool lfi_proc_frame(struct LFILinuxProc *p, unsigned n, struct LFIFrame *frame)
{
    pthread_mutex_lock(&p->lock);
    bool there = p->ended && n < p->backtrace.n;
    uint64_t pc = there ? p->backtrace.pc[n] : 0;
    pthread_mutex_unlock(&p->lock);
    if (!there)
        return false;
    uint64_t called = n > 0; /* the call counts, which may be the last of its function */
    *frame = (struct LFIFrame){.pc = pc, .image_offset = pc - p->prog.image};
    frame->in_image = frame->image_offset < p->prog.elf.end;
    if (frame->in_image)
        frame->symbol =
            lfiv_elf_symbol(p->prog.file, p->prog.size, frame->image_offset - called, &frame->distance);
    frame->distance += frame->symbol ? called : 0;
    return true;
}
