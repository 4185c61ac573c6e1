/* Waits for signals: signalled spin|pause|read [handle|ignore].  signalled: which it finds ignored.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static volatile long spun;

static void handler(int sig)
{
    char line[16];
    write(1, line, (size_t)snprintf(line, sizeof line, "%d\n", sig));
    if (sig == SIGTERM)
        _exit(7);
}

int main(int argc, char **argv)
{
    static const int sigs[] = {SIGTERM, SIGUSR1, SIGINT};
    int fd[2];
    char c;
    struct sigaction now;
    for (int sig = 1; argc < 2 && sig < 32; sig++)
        if (sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
            printf("%d\n", sig);
    if (argc < 2)
        return 0;
    for (int i = 0; argc > 2 && i < 3; i++)
        signal(sigs[i], strcmp(argv[2], "handle") == 0 ? handler : SIG_IGN);
    write(1, "ready\n", 6);
    pipe(fd);
    for (;;)
        if (strcmp(argv[1], "pause") == 0)
            pause();
        else if (strcmp(argv[1], "read") == 0)
            read(fd[0], &c, 1);
        else
            for (int i = 0; i < 1000000; i++)
                spun++;
}
