/* A program that calls the kernel itself, as no verified program can: runs with --no-verify.
   SPDX-License-Identifier: Apache-2.0

   Says "ready", then reads seven words: the number of a call of the host, and its arguments.  Ends
   with 0 if that succeeds, with the error else, with 200 if there are no words.  A number with
   bit 62 is one of the other table, called by int $0x80.  */
typedef unsigned long uint64_t;

long sys(long number, ...);

enum { READ = 0, WRITE = 1, NO_WORDS = 200 };

static long raw(const uint64_t *w)
{
    long r;
    register uint64_t r10 __asm__("r10") = w[4];
    register uint64_t r8 __asm__("r8") = w[5];
    register uint64_t r9 __asm__("r9") = w[6];
    if (w[0] >> 62)
        __asm__ volatile("int $0x80" : "=a"(r) : "a"(w[0] & 0xffff), "b"(w[1]) : "memory");
    else
        __asm__ volatile("mov %%r11, %%rbx\n syscall\n mov %%rbx, %%r11\n"
                         : "=a"(r)
                         : "a"(w[0]), "D"(w[1]), "S"(w[2]), "d"(w[3]), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "rbx", "memory");
    return r;
}

int main(void);
int main(void)
{
    uint64_t words[7];
    sys(WRITE, 1, "ready\n", 6);
    if (sys(READ, 0, words, sizeof words) != sizeof words)
        return NO_WORDS;
    long r = raw(words);
    return r < 0 ? (int)-r : 0;
}
