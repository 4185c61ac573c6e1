"""Ten seconds of stereo sound at 48 kHz as raw 16-bit samples, the same ones on every machine.

Strings that are plucked (a delay line with noise in it, averaged as it goes round), chords of
them, silence, clipping: computed in integers.
SPDX-License-Identifier: Apache-2.0
"""
import array
import sys

RATE, SECONDS = 48000, 10
seed = 1


def noise():
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 12) % 16001 - 8000


def pluck(hertz, length):
    line = [noise() for _ in range(RATE // hertz)]
    out = []
    for i in range(length):
        j = i % len(line)
        out.append(line[j])
        line[j] = (line[j] + line[(j + 1) % len(line)]) * 499 // 1000
    return out


left, right = [0] * (RATE * SECONDS), [0] * (RATE * SECONDS)
for step, chord in enumerate([(110, 165), (220,), (131, 196, 330), (), (98, 147, 247, 392), (440,), (82, 880)]):
    start = step * RATE * 5 // 4
    for n, hertz in enumerate(chord):
        for i, v in enumerate(pluck(hertz, RATE * 3 // 2)):
            left[start + i] += v * (n + 1) // len(chord)
            right[start + i] += v * (len(chord) - n) // len(chord)
samples = array.array("h", (max(-32768, min(32767, v)) for pair in zip(left, right) for v in pair))
if sys.byteorder == "big":
    samples.byteswap()
sys.stdout.buffer.write(samples.tobytes())
