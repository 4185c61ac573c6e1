/* Prints what the functions of forms-ARCH.S make of the same data.  */
#include <stdio.h>

#ifdef __x86_64__
#define FORMS                                                                                      \
    F(addresses) F(strings) F(bit_strings) F(stack_moves) F(loops) F(calls) F(thread_variables)    \
    F(vectors) F(intel)
#else
#define FORMS                                                                                      \
    F(offsets) F(indexes) F(writebacks) F(self_bases) F(atomics) F(stack_moves) F(links)           \
    F(constants) F(far_branches) F(block)
#endif

#define F(name) unsigned long name(unsigned char *data);
FORMS
#undef F

static const struct {
    const char *name;
    unsigned long (*function)(unsigned char *);
} forms[] = {
#define F(name) {#name, name},
    FORMS
#undef F
};

int main(void)
{
    static _Alignas(4096) unsigned char data[8192];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        for (unsigned j = 0; j < sizeof data; j++)
            data[j] = (unsigned char)(j * 167 + 13);
        unsigned long sum = 0, result = forms[i].function(data);
        /* Addresses were stored in the first words. */
        for (unsigned j = 32; j < 512; j++)
            sum = sum * 31 + data[j];
        printf("%s %lx %lx\n", forms[i].name, result, sum);
    }
    return 0;
}
