// Threads, what they wait for, thread-local variables with destructors, exceptions between them.
// SPDX-License-Identifier: Apache-2.0
#include "parts.h"

#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <future>
#include <latch>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace {
std::atomic<int> made, gone;
struct Local {
    std::string name = "local";
    Local() { made++; }
    ~Local() { gone += static_cast<int>(name.size()); }
};
thread_local Local local;
thread_local int number = 7;
inline thread_local std::vector<int> list{1, 2, 3};

// The first exceptions of a process are thrown by many threads at once.
int throw_together(int threads)
{
    std::barrier start(threads);
    std::atomic<int> caught = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; i++)
        all.emplace_back([&, i] {
            start.arrive_and_wait();
            for (int k = 0; k < 50; k++)
                try {
                    if ((i + k) % 2)
                        throw std::runtime_error(std::to_string(k));
                    throw k;
                } catch (int x) {
                    caught += x == k;
                } catch (const std::exception &e) {
                    caught += std::stoi(e.what()) == k;
                }
        });
    for (auto &t : all)
        t.join();
    return caught;
}

void locals()
{
    std::vector<std::thread> all;
    std::atomic<int> sum = 0;
    for (int i = 0; i < 6; i++)
        all.emplace_back([&, i] {
            local.name += std::string(static_cast<std::size_t>(i), 'x');
            number += i;
            list.push_back(i);
            sum += number + std::accumulate(list.begin(), list.end(), 0);
        });
    for (auto &t : all)
        t.join();
    printf("locals: sum %d, made %d, gone %d, here %d\n", sum.load(), made.load(), gone.load(), number);
}

void results()
{
    auto square = std::async(std::launch::async, [](int x) { return x * x; }, 12);
    auto lazy = std::async(std::launch::deferred, [] { return std::string("deferred"); });
    auto fails = std::async(std::launch::async, []() -> int { throw std::domain_error("in a thread"); });
    printf("async %d %s ", square.get(), lazy.get().c_str());
    try {
        fails.get();
    } catch (const std::domain_error &e) {
        printf("%s ", e.what());
    }
    std::promise<int> broken;
    auto future = broken.get_future();
    { auto dies = std::move(broken); }
    try {
        future.get();
    } catch (const std::future_error &e) {
        printf("%s ", e.code() == std::future_errc::broken_promise ? "broken" : "other");
    }
    std::packaged_task<int(int, int)> task(std::plus<int>{});
    auto answer = task.get_future();
    std::thread(std::move(task), 40, 2).join();
    printf("%d\n", answer.get());
}

void queue()
{
    std::mutex m;
    std::condition_variable filled;
    std::deque<int> q;
    long sum = 0;
    std::thread reader([&] {
        for (int n = 0; n < 1000; n++) {
            std::unique_lock l(m);
            filled.wait(l, [&] { return !q.empty(); });
            sum += q.front();
            q.pop_front();
        }
    });
    for (int i = 0; i < 1000; i++) {
        { std::lock_guard l(m); q.push_back(i); }
        filled.notify_one();
    }
    reader.join();
    printf("queue %ld\n", sum);
}

void others()
{
    std::once_flag once;
    int times = 0;
    for (int i = 0; i < 3; i++)
        std::call_once(once, [&] { times++; });
    std::shared_mutex rw;
    std::counting_semaphore<4> slots(2);
    std::latch all(3);
    std::atomic<int> total = 0, turn = 0;
    std::vector<std::jthread> workers;
    for (int i = 0; i < 3; i++)
        workers.emplace_back([&, i] {
            slots.acquire();
            { std::shared_lock l(rw); total += i; }
            slots.release();
            all.count_down();
        });
    all.wait();
    { std::unique_lock l(rw); total += 10; }
    std::jthread waits([&](std::stop_token stop) {
        while (!stop.stop_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        turn = 1;
        turn.notify_all();
    });
    waits.request_stop();
    turn.wait(0);
    std::timed_mutex timed;
    timed.lock();
    bool got = true;
    std::thread([&] { got = timed.try_lock_for(std::chrono::milliseconds(5)); }).join();
    timed.unlock();
    printf("once %d, total %d, turn %d, timed %d\n", times, total.load(), turn.load(), got);
}

struct alignas(16) Pair { long a, b; };
struct Odd { char c[24]; };
void wide_atomics()
{
    static std::atomic<Pair> pair{Pair{1, 2}};
    static std::atomic<Odd> odd{};
    std::vector<std::thread> all;
    for (int i = 0; i < 4; i++)
        all.emplace_back([] {
            for (int k = 0; k < 500; k++) {
                Pair old = pair.load();
                while (!pair.compare_exchange_weak(old, Pair{old.a + 1, old.b + 2})) {}
                Odd o = odd.load(), n;
                do {
                    n = o;
                    n.c[k % 24]++;
                } while (!odd.compare_exchange_strong(o, n));
            }
        });
    for (auto &t : all)
        t.join();
    int sum = 0;
    for (char c : odd.load().c)
        sum += c;
    printf("wide %ld %ld %d\n", pair.load().a, pair.load().b, sum);
}

void run(const char *)
{
    printf("together %d\n", throw_together(8));
    locals();
    results();
    queue();
    others();
    wide_atomics();
}

Part part("threads", run);
} // namespace
