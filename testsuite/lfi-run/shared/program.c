/* Uses both libraries in all the ways that there are.
   SPDX-License-Identifier: Apache-2.0  */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <unwind.h>

extern int number;
extern __thread int of_thread;
int twice(int), sum(int), count(void), call_back(int);
static int (*const in_data)(int) = twice;
static int (*module)(int);

int overridden(void)
{
    return 1000;
}

static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *n)
{
    (void)context;
    ++*(int *)n;
    return _URC_NO_REASON;
}

int callback(int x)
{
    int n = 0;
    _Unwind_Backtrace(frame, &n);
    printf("frames: %s\n", n >= 3 ? "enough" : "too few");
    return 3 * x;
}

static int object(struct dl_phdr_info *info, size_t size, void *n)
{
    (void)info, (void)size;
    ++*(int *)n;
    return 0;
}

static void *in_thread(void *arg)
{
    printf("thread: %d\n", count());
    printf("thread: %d\n", of_thread);
    printf("thread: %d\n", module(3));
    return arg;
}

int main(int argc, char **argv)
{
    Dl_info info;
    pthread_t thread;
    int n = 0;
    printf("%d %d %d\n", sum(1), in_data(3), number);
    number = 50; /* x86-64: a copy of it, in the program */
    printf("%d %d\n", sum(1), in_data == twice);
    printf("%d\n", count());
    printf("%d\n", of_thread);
    printf("%d\n", call_back(5));
    void *second = dlopen(argv[1], RTLD_NOW);
    if (!second || !(module = (int (*)(int))dlsym(second, "module"))) {
        puts(dlerror());
        return 1;
    }
    printf("module: %d\n", module(1));
    printf("module: %d\n", module(1));
    if (argc > 2 && pthread_create(&thread, NULL, in_thread, NULL) == 0)
        pthread_join(thread, NULL);
    printf("symbols: %d %d %d\n", dlsym(second, "shown") != NULL, dlsym(second, "hidden") != NULL,
           dlsym(RTLD_DEFAULT, "twice") == (void *)twice);
    printf("address: %s\n", dladdr((void *)module, &info) ? info.dli_sname : "?");
    dl_iterate_phdr(object, &n);
    printf("objects: %d\n", n);
    printf("closed: %d\n", dlclose(second));
    printf("%s\n", dlopen("/none.so", RTLD_NOW) ? "?" : dlerror());
    return 5;
}
