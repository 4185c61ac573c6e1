/* A host that runs a program in a box, three times in the same one.

     x86_64-lfi-linux-musl-gcc -O2 hello.c -o hello
     cc embed.c -o embed $(pkg-config --cflags --libs lfi)
     ./embed hello

   The loader finds liblfi.so.0 by LD_LIBRARY_PATH, or -Wl,-rpath,DIR, where lfi is not installed in
   one of its own directories; with -static-pie and pkg-config --static it is not needed.  */
#include <lfi_linux.h>
#include <stdio.h>

static int fail(const char *what)
{
    fprintf(stderr, "embed: %s: %s\n", what, lfi_errmsg());
    return 1;
}

static int run(struct LFILinuxProc *proc)
{
    struct LFILinuxThread *thread = NULL;
    for (int round = 1; round <= 3; round++) {
        const char *argv[] = {"hello", "a", "b", "c", NULL}, *envp[] = {NULL};
        int argc = 1 + round; /* the name, and as many arguments */
        argv[argc] = NULL;
        if (!thread)
            thread = lfi_thread_new(proc, argc, argv, envp);
        else if (!lfi_proc_reload(proc, NULL, 0) || !lfi_thread_reload(thread, argc, argv, envp))
            return fail("reload");
        if (!thread)
            return fail("thread");
        printf("round %d: status %d\n", round, lfi_thread_run(thread));
    }
    lfi_thread_free(thread);
    return 0;
}

int main(int argc, char **argv)
{
    struct LFIOptions options = {0};
    struct LFILinuxOptions linux_options = {0}; /* no file of the host is visible */
    if (argc != 2) {
        fprintf(stderr, "usage: embed PROGRAM\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IONBF, 0); /* in order with what the program prints */
    struct LFIEngine *engine = lfi_new(options, 1);
    struct LFILinuxEngine *lx = engine ? lfi_linux_new(engine, linux_options) : NULL;
    struct LFILinuxProc *proc = lx ? lfi_proc_new(lx) : NULL;
    if (!proc)
        return fail("lfi");
    int status = lfi_proc_load_file(proc, argv[1]) ? run(proc) : fail(argv[1]);
    lfi_proc_free(proc);
    lfi_linux_free(lx);
    lfi_free(engine);
    return status;
}
