/* A host that copies the box of a program half-way to three other places and has all four go on.

     x86_64-lfi-linux-musl-gcc -mlfi-poc -O2 half.c -o half
     cc copy.c -o copy $(pkg-config --cflags --libs lfi)
     ./copy half  */
#include <lfi_linux.h>
#include <stdio.h>

enum { COPIES = 3 };

static struct LFILinuxProc *proc, *copies[COPIES];
static struct LFILinuxThread *threads[COPIES];

static int fail(const char *what)
{
    fprintf(stderr, "copy: %s: %s\n", what, lfi_errmsg());
    return 1;
}

/* The program calls this.  */
static void half_way(void)
{
    for (int i = 0; i < COPIES; i++)
        if (!(copies[i] = lfi_proc_copy(proc, &threads[i])))
            fail("lfi_proc_copy");
}

/* Puts the function where the program expects it.  */
static int tell(void)
{
    lfiptr at = (lfiptr)lfi_proc_sym(proc, "half_way");
    void *function = lfi_box_register_cb(lfi_proc_box(proc), (void *)half_way);
    return at && function && lfi_box_copyto(lfi_proc_box(proc), at, &function, sizeof function);
}

static int finish(const char *who, struct LFILinuxProc *p, struct LFILinuxThread *thread)
{
    printf("%s: ", who);
    int status = lfi_thread_run(thread);
    lfi_thread_free(thread);
    lfi_proc_free(p);
    return status;
}

int main(int argc, char **argv)
{
    struct LFIOptions options = {0};
    struct LFILinuxOptions linux_options = {0};
    const char *args[] = {"half", NULL}, *env[] = {NULL};
    if (argc != 2) {
        fprintf(stderr, "usage: copy PROGRAM\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IONBF, 0); /* in order with what the program prints */
    struct LFIEngine *engine = lfi_new(options, 1 + COPIES);
    struct LFILinuxEngine *lx = engine ? lfi_linux_new(engine, linux_options) : NULL;
    proc = lx ? lfi_proc_new(lx) : NULL;
    if (!proc)
        return fail("lfi");
    if (!lfi_proc_load_file(proc, argv[1]) || !tell())
        return fail(argv[1]);
    struct LFILinuxThread *thread = lfi_thread_new(proc, 1, args, env);
    if (!thread)
        return fail("thread");
    int status = finish("the program", proc, thread);
    for (int i = 0; i < COPIES; i++)
        if (!copies[i] || finish("a copy", copies[i], threads[i]) != status)
            status = 1;
    lfi_linux_free(lx);
    lfi_free(engine);
    return status;
}
