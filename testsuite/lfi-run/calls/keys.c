/* What is typed on a terminal, and its size: signals to the program in front of it.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"

static volatile sig_atomic_t caught;
static void note(int sig)
{
    caught = sig;
}

static void on(int sig, int flags)
{
    struct sigaction sa = {.sa_handler = note, .sa_flags = flags};
    sigaction(sig, &sa, NULL);
}

static void size(void)
{
    struct winsize w = {0};
    ioctl(0, TIOCGWINSZ, &w);
    printf("%d lines of %d\n", w.ws_row, w.ws_col);
}

/* The next one, while reading; or what was typed.  */
static void wait_for_key(const char *say)
{
    char line[80];
    caught = 0;
    printf("%s\n", say);
    errno = 0;
    ssize_t n = read(0, line, sizeof line);
    printf("%d bytes, errno %d, signal %d\n", (int)n, errno, caught);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) { /* ends by it */
        printf("end me\n");
        for (;;)
            pause();
    }
    size();
    on(SIGINT, 0);
    on(SIGQUIT, 0);
    on(SIGWINCH, 0);
    wait_for_key("interrupt me");
    wait_for_key("quit me");
    wait_for_key("resize me");
    size();
    /* Made again: what comes is the line.  */
    on(SIGINT, SA_RESTART);
    wait_for_key("interrupt me again");
    return 0;
}
