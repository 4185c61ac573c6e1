/* What a program does to its terminal; run on one that is 24 by 80.
   SPDX-License-Identifier: Apache-2.0  */
#include "show.h"
#include <termios.h>

static struct termios saved;

static void settings(void)
{
    struct termios t, now;
    struct winsize w;
    SHOW(isatty(0));
    SHOW(isatty(1));
    SHOW(ttyname_r(0, (char[100]){0}, 100) != 0 || 1);
    SHOW(ioctl(0, TIOCGWINSZ, &w));
    printf("%d by %d\n", w.ws_row, w.ws_col);
    SHOW(tcgetattr(0, &saved));
    TRUE(saved.c_lflag & ICANON && saved.c_lflag & ECHO && saved.c_lflag & ISIG);
    t = saved;
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    SHOW(tcsetattr(0, TCSANOW, &t));
    SHOW(tcgetattr(0, &now));
    TRUE(now.c_lflag == t.c_lflag && now.c_iflag == t.c_iflag && now.c_oflag == t.c_oflag
         && now.c_cflag == t.c_cflag && memcmp(now.c_cc, t.c_cc, sizeof t.c_cc) == 0);
    SHOW(tcsetattr(0, TCSADRAIN, &t));
    SHOW(tcsetattr(0, TCSAFLUSH, &t));
    SHOW(tcsetattr(0, 77, &t));
    SHOW(ioctl(0, TCSETS, 8));
    SHOW(ioctl(0, TCGETS, 8));
    SHOW(ioctl(0, TIOCGWINSZ, 8));
    SHOW(ioctl(0, TIOCGPGRP, 8));
    SHOW(tcdrain(1));
    SHOW(tcflush(0, TCIFLUSH));
    SHOW(tcflush(0, 77));
    SHOW(tcflow(1, TCOON));
    SHOW(tcflow(1, 77));
    TRUE(tcgetpgrp(0) == getpgrp());
}

/* A character at a time, without a newline; then what is left, by poll.  */
static void reading(void)
{
    char c = 0;
    int n = 0;
    struct pollfd p = {0, POLLIN, 0};
    SHOW(poll(&p, 1, 0));
    printf("ready\n");
    fflush(stdout);
    SHOW(read(0, &c, 1));
    printf("got %c\n", c);
    SHOW(poll(&p, 1, 10000));
    SHOW(p.revents);
    SHOW(read(0, &c, 1));
    SHOW(ioctl(0, FIONREAD, &n));
    SHOW(n);
    SHOW(tcsetattr(0, TCSANOW, &saved));
}

static void lines(void)
{
    char buf[100];
    printf("a line\n");
    fflush(stdout);
    ssize_t n = read(0, buf, sizeof buf);
    printf("%d: %.*s", (int)n, (int)n, buf);
    printf("the end\n");
    fflush(stdout);
    SHOW(read(0, buf, sizeof buf));
}

/* What could put words into the mouth of the user, or change what the terminal is.  */
static void refused(void)
{
    int n = 0;
    BOX(ioctl(0, TIOCSTI, "x") == -1 && errno == ENOTTY);
    BOX(ioctl(0, TIOCSETD, &n) == -1 && errno == ENOTTY);
    BOX(ioctl(0, TIOCSCTTY, 1) == -1 && errno == ENOTTY);
    BOX(ioctl(0, TIOCNOTTY) == -1 && errno == ENOTTY);
    BOX(ioctl(0, TIOCCONS) == -1 && errno == ENOTTY);
    BOX(open("/dev/tty", O_RDWR) == -1 && errno == ENOENT);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 65536);
    settings();
    reading();
    lines();
    refused();
    return 0;
}
