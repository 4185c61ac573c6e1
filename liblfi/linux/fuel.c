/* The fuel of a process's threads.
   SPDX-License-Identifier: Apache-2.0

   What there is does not become more by more threads, and not less by their ends: a new one gets half of
   what its maker has and what ended ones had left.  */
#include "config.h"

#include "liblfi/core/internal.h"
#include "liblfi/linux/linux.h"

static bool has_part(const struct LFIContext *ctx)
{
    return ctx->crossing->meter && !ctx->endless;
}

/* A host can have given threads more than there is.  */
static int64_t limited(int64_t fuel)
{
    return fuel < (int64_t)LFI_FUEL_MAX ? fuel : (int64_t)LFI_FUEL_MAX;
}

void fuel_share(struct LFILinuxThread *from, struct LFILinuxThread *to)
{
    struct LFILinuxProc *p = from->proc;
    to->ctx->endless = from->ctx->endless;
    if (!has_part(from->ctx))
        return;
    pthread_mutex_lock(&p->lock);
    int64_t all = limited(from->ctx->fuel + p->fuel);
    p->fuel = 0;
    pthread_mutex_unlock(&p->lock);
    to->ctx->fuel = all / 2;
    from->ctx->fuel = all - to->ctx->fuel;
}

void fuel_put_back(struct LFILinuxThread *t)
{
    struct LFILinuxProc *p = t->proc;
    if (!has_part(t->ctx))
        return;
    pthread_mutex_lock(&p->lock);
    if (!p->ended) {
        p->fuel = limited(p->fuel + (int64_t)lfi_ctx_fuel(t->ctx));
        t->ctx->fuel = 0;
    }
    pthread_mutex_unlock(&p->lock);
}
