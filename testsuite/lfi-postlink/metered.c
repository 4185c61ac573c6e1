/* Branches of every kind, and lines of more than a bundle.
   SPDX-License-Identifier: Apache-2.0  */
int table(int i);
int table(int i)
{
    switch (i) {
    case 0:
        return 3;
    case 1:
        return 5;
    case 2:
        return 19;
    case 3:
        return 2;
    case 4:
        return 8;
    default:
        return 0;
    }
}

int (*volatile function)(int) = table;
volatile unsigned v[4];

void _start(void);
void _start(void)
{
    int n = 0;
    for (int i = 0; i < 1000; i++)
        n += function(i % 6);
    for (;;)
        for (int i = 0; i < 4; i++)
            v[i] = v[i] * 5 + v[(i + 1) % 4] * 7 + v[(i + 2) % 4] * 11 + (unsigned)n;
}
