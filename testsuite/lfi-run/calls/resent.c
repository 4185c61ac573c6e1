/* A thread to which a signal comes while it is on its way back from the handler of the one before
   goes on where it was.
   SPDX-License-Identifier: Apache-2.0

   The sender waits for the handler, then for a time that is another in each round, so that the next
   signal finds the other thread anywhere between the handler and what the first had stopped.  */
#include "show.h"

enum { ROUNDS = 30000, DELAYS = 211, WORK = 1000 };

static volatile int hits, over;
static pthread_t worker;

static void handler(int sig)
{
    hits++;
}

static void *sender(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        while (hits != i)
            continue;
        for (volatile int n = i % DELAYS; n > 0; n--)
            continue;
        pthread_kill(worker, SIGUSR1);
    }
    while (hits != ROUNDS)
        continue;
    over = 1;
    return NULL;
}

/* Called through a pointer, so that the register for that is not where it is stopped.  */
static int work(int n)
{
    int sum = 0;
    for (volatile int i = 0; i < n; i++)
        sum += i;
    return sum;
}

int main(void)
{
    int (*volatile f)(int) = work;
    const struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_NODEFER};
    pthread_t t;
    int bad = 0;
    worker = pthread_self();
    sigaction(SIGUSR1, &sa, NULL);
    pthread_create(&t, NULL, sender, NULL);
    while (!over)
        bad += f(WORK) != WORK * (WORK - 1) / 2;
    pthread_join(t, NULL);
    printf("%d handled: %s\n", hits, bad ? "BAD" : "the same");
    return 0;
}
