/* Registers whose value the unwinder would read from the processor: none in a box, which
   has no SVE and so no vector length.
   SPDX-License-Identifier: GPL-3.0-or-later WITH GCC-exception-3.1  */
