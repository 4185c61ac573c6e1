/* The unwinder on call frame information that is mutated at random: built with sanitizers.
   SPDX-License-Identifier: Apache-2.0

   unwind EH_FRAME ADDRESS DEBUG_FRAME START END COUNT: the sections' contents, where the first is,
   addresses of code that they describe, number of mutants.  */
#include "liblfi/linux/unwind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;

static uint64_t random_word(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static bool read_random(void *arg, uint64_t addr, uint64_t *value)
{
    unsigned long *reads = arg;
    (void)addr;
    ++*reads;
    *value = random_word();
    return *value % 16 != 0;
}

static uint8_t *slurp(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(1 << 20);
    if (!f || !data)
        exit(2);
    *size = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

/* Memory of exactly that size, so that a byte too much is noticed.  */
static uint8_t *mutant(const uint8_t *data, size_t size, size_t *new_size)
{
    uint64_t how = random_word();
    *new_size = how % 4 == 0 && size ? random_word() % size : size;
    uint8_t *copy = malloc(*new_size ? *new_size : 1);
    if (!copy)
        exit(2);
    memcpy(copy, data, *new_size);
    for (unsigned n = how / 4 % 8; n && *new_size; n--) {
        size_t at = random_word() % *new_size;
        static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, 0x0f, 0x10, 0x16, 0x0a, 0x0b};
        copy[at] = random_word() % 2 ? values[random_word() % sizeof values] : random_word() & 0xff;
    }
    return copy;
}

/* One step with a table of one function whose program is n times op and then the text.  */
static bool one(enum unwind_result expected, unsigned n, uint8_t op, const char *text, size_t size)
{
    /* Alignment 1 and -8, return address in 16; CFA r7 + 8, r16 at CFA - 8.  */
    static const uint8_t cie[] = {16, 0,    0,  0,    0, 0, 0,    0, 1, 0,
                                  1,  0x78, 16, 0x0c, 7, 8, 0x90, 1, 0, 0};
    size_t length = 4 + 8 + 8 + n + size;
    uint8_t *t = calloc(1, sizeof cie + 4 + length), *at = t + sizeof cie;
    unsigned long reads = 0;
    if (!t)
        exit(2);
    memcpy(t, cie, sizeof cie);
    at[0] = (uint8_t)length;
    at[1] = (uint8_t)(length >> 8);
    at[4] = sizeof cie + 4;
    at[8 + 1] = 0x10;  /* from 0x1000 */
    at[16 + 1] = 0x01; /* 0x100 bytes */
    memset(at + 24, op, n);
    memcpy(at + 24 + n, text, size);
    struct unwind u = {{{t, sizeof cie + 4 + length, 0, false}}, 7, read_random, &reads};
    struct unwind_frame f = {.pc = 0x1010};
    enum unwind_result r;
    while ((r = unwind_step(&u, &f, false)) == UNWIND_BAD && expected == UNWIND_CALLER
           && reads < 99)
        ; /* read_random fails now and then */
    free(t);
    if (r != expected)
        printf("%u times 0x%02x and %zu bytes: %d, not %d\n", n, op, size, (int)r, (int)expected);
    return r == expected;
}

static bool directed(void)
{
    static const char seventeen[] = "\x0f\x11\x30\x30\x30\x30\x30\x30\x30\x30\x30\x30\x30"
                                    "\x30\x30\x30\x30\x30\x30";
    static const char sixteen[] = "\x0f\x10\x30\x30\x30\x30\x30\x30\x30\x30\x30\x30\x30"
                                  "\x30\x30\x30\x30\x30";
    bool ok = one(UNWIND_CALLER, 0, 0, "", 0);
    ok &= one(UNWIND_CALLER, 8, 0x0a, "", 0) & one(UNWIND_BAD, 9, 0x0a, "", 0);
    ok &= one(UNWIND_BAD, 1, 0x0b, "", 0) & one(UNWIND_CALLER, 1, 0x0a, "\x0b", 1);
    ok &= one(UNWIND_CALLER, 0, 0, sixteen, 18) & one(UNWIND_BAD, 0, 0, seventeen, 19);
    ok &= one(UNWIND_BAD, 0, 0, "\x0f\x00", 2) & one(UNWIND_BAD, 0, 0, "\x0f\x01\x22", 3);
    ok &= one(UNWIND_CALLER, 0, 0, "\x09\x03\x20", 3) & one(UNWIND_BAD, 0, 0, "\x09\x03\x21", 3);
    ok &= one(UNWIND_CALLER, 0, 0, "\x07\x60", 2) & one(UNWIND_END, 0, 0, "\x07\x10", 2);
    ok &= one(UNWIND_BAD, 0, 0, "\x0d\x21", 2) & one(UNWIND_BAD, 0, 0, "\x3f", 1);
    ok &= one(UNWIND_BAD, 0, 0, "\x0f\x7f\x30", 3);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned long results[4] = {0}, reads = 0;
    size_t size[2];
    if (argc != 7)
        return 2;
    uint8_t *data[2] = {slurp(argv[1], &size[0]), slurp(argv[3], &size[1])};
    uint64_t start = strtoull(argv[4], NULL, 0), end = strtoull(argv[5], NULL, 0);
    uint64_t vaddr = strtoull(argv[2], NULL, 0);
    for (unsigned long n = strtoul(argv[6], NULL, 0); n; n--) {
        struct unwind u = {.sp = random_word() % 2 ? 7 : 31, .read = read_random, .arg = &reads};
        uint8_t *copy[2];
        for (int i = 0; i < 2; i++) {
            copy[i] = mutant(data[i], size[i], &u.table[i].size);
            u.table[i].data = copy[i];
            u.table[i].debug = i;
            u.table[i].vaddr = i ? 0 : vaddr;
        }
        for (int i = 0; i < 16; i++) {
            struct unwind_frame f = {.pc = start + random_word() % (end - start)};
            for (int k = 0; k < UNWIND_REGS; k++)
                f.reg[k] = random_word();
            results[unwind_step(&u, &f, random_word() % 2)]++;
        }
        free(copy[0]);
        free(copy[1]);
    }
    printf("caller %lu end %lu unknown %lu bad %lu reads %lu\n", results[UNWIND_CALLER],
           results[UNWIND_END], results[UNWIND_UNKNOWN], results[UNWIND_BAD], reads);
    free(data[0]);
    free(data[1]);
    return !directed() || !results[UNWIND_CALLER] || !results[UNWIND_UNKNOWN]
           || !results[UNWIND_BAD] || !reads;
}
