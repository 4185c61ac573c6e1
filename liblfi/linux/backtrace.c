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

static void find_table(const struct loaded *im, const char *name, bool debug,
                       struct unwind_table *out)
{
    Elf64_Shdr sh;
    const uint8_t *data = program_section_named(im, name, &sh) ? program_bytes(im, &sh) : NULL;
    *out = (struct unwind_table){data, data ? sh.sh_size : 0, sh.sh_addr, debug};
}

static bool in_code(const struct loaded *im, uint64_t offset)
{
    for (unsigned i = 0; im && i < im->elf.nsegs; i++) {
        const struct LFIVElfSegment *s = &im->elf.segs[i];
        if (s->prot & LFIV_ELF_EXEC && offset - s->vaddr < s->memsz)
            return true;
    }
    return false;
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

/* The frame's pc, an address, becomes that of the image it lies in.  Tables stay while the image
 * does.  */
static const struct loaded *enter_image(struct LFILinuxProc *p, struct unwind *u,
                                        struct unwind_frame *f, const struct loaded *last)
{
    const char *name;
    const struct loaded *im = image_at(p, lfi_box_l2p(p->box, f->pc), &name);
    if (im && im != last) {
        find_table(im, ".eh_frame", false, &u->table[0]);
        find_table(im, ".debug_frame", true, &u->table[1]);
    }
    f->pc = lfi_box_l2p(p->box, f->pc) - (im ? im->image : 0);
    return im;
}

void backtrace_take(struct LFILinuxThread *t, uint64_t pc, struct backtrace *out)
{
    struct LFILinuxProc *p = t->proc;
    struct unwind u = {.sp = ABI_DWARF_SP, .read = read_word, .arg = p};
    struct unwind_frame f = {.pc = pc};
    const struct loaded *im = enter_image(p, &u, &f, NULL);
    if (!im)
        f.pc = pc - p->prog.image;
    abi_dwarf_registers(lfi_ctx_regs(t->ctx), f.reg);
    out->n = 0;
    out->pc[out->n++] = pc;
    while (out->n < LFI_MAX_FRAMES) {
        bool first = out->n == 1;
        uint64_t sp = lfi_box_l2p(p->box, f.reg[u.sp]);
        enum unwind_result r = unwind_step(&u, &f, !first);
        if (r == UNWIND_UNKNOWN && first ? !just_called(&u, &f) : r != UNWIND_CALLER)
            return;
        im = enter_image(p, &u, &f, im);
        /* Callers are further up the stack, but of a function that has not used it.  */
        if (!in_code(im, f.pc) || lfi_box_l2p(p->box, f.reg[u.sp]) < sp + !first)
            return;
        out->pc[out->n++] = im->image + f.pc;
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
    const struct loaded *im = image_at(p, pc, &frame->object);
    *frame = (struct LFIFrame){.pc = pc,
                               .in_image = im != NULL,
                               .image_offset = pc - (im ? im->image : p->prog.image),
                               .object = frame->object};
    if (im)
        frame->symbol =
            lfiv_elf_symbol(im->file, im->size, frame->image_offset - called, &frame->distance);
    frame->distance += frame->symbol ? called : 0;
    return true;
}
