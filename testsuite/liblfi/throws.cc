/* A callback that throws: the process ends by std::terminate, and nothing else happens.  Exceptions that stay
   inside of it do no harm.
   SPDX-License-Identifier: Apache-2.0

   usage: throws LIBRARY  */
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "lfi_linux.h"

static int throws_inside(int x)
{
    try {
        throw std::runtime_error("inside");
    } catch (const std::exception &) {
        return x + 1;
    }
}

static int throws(int x)
{
    if (x)
        throw std::runtime_error("outside");
    return 0;
}

static void terminated()
{
    std::puts("terminated");
    std::fflush(stdout);
    std::_Exit(7);
}

int main(int, char **argv)
{
    const char *args[] = {"library", nullptr};
    LFIOptions options = LFIOptions();
    LFILinuxOptions linux_options = LFILinuxOptions();
    std::set_terminate(terminated);
    LFIEngine *engine = lfi_new(options, 1);
    LFILinuxProc *proc = lfi_proc_new(lfi_linux_new(engine, linux_options));
    if (!lfi_proc_load_file(proc, argv[1]))
        return 1;
    LFILinuxThread *t = lfi_thread_new(proc, 1, args, nullptr);
    if (lfi_thread_run(t) != 0)
        return 1;
    LFIBox *box = lfi_proc_box(proc);
    LFIContext **ctxp = lfi_thread_ctxp(t);
    lfiptr call_int = lfi_proc_sym(proc, "call_int");
    lfiptr good = (lfiptr)lfi_box_register_cb(box, (void *)throws_inside);
    lfiptr bad = (lfiptr)lfi_box_register_cb(box, (void *)throws);
    std::printf("%d\n", LFI_INVOKE(box, ctxp, call_int, int, (lfiptr, int), good, 5));
    /* One of the host's that its caller catches.  */
    try {
        LFI_INVOKE(box, ctxp, call_int, int, (lfiptr, int), bad, 0);
        throws(1);
    } catch (const std::exception &e) {
        std::puts(e.what());
    }
    std::fflush(stdout);
    try {
        LFI_INVOKE(box, ctxp, call_int, int, (lfiptr, int), bad, 1);
    } catch (...) {
        std::puts("it came through");
    }
    return 0;
}
