/* A program that a host copies half-way: copy.c.  */
#include <stdio.h>
#include <stdlib.h>

void (*half_way)(void); /* a function of the host, which puts it here */

struct node {
    struct node *next;
    int n;
};

int main(void)
{
    struct node *list = NULL;
    long sum = 0;
    for (int n = 1; n <= 100; n++) {
        struct node *node = malloc(sizeof *node);
        *node = (struct node){list, n};
        list = node;
        if (n == 50 && half_way)
            half_way();
    }
    for (; list; list = list->next)
        sum += list->n;
    printf("%ld\n", sum);
    return 0;
}
