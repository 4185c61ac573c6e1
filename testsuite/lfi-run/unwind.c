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
    return !results[UNWIND_CALLER] || !results[UNWIND_UNKNOWN] || !results[UNWIND_BAD] || !reads;
}
