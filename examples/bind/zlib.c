/* Compresses standard input and decompresses it again, with zlib.  With -DBOX zlib is in a box:
   what that changes are the lines in between. SPDX-License-Identifier: Apache-2.0  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef BOX
#include <lfi_bind.h>
bool z_open(void);
extern struct LFILibrary z_library;
/* A call that does not return gives 0, which may mean success.  */
static void failed(const struct LFIBinding *binding, enum LFIInvokeEnd end)
{
    fprintf(stderr, "zlib: %s did not return (%d)\n", binding->name, (int)end);
    exit(3);
}
/* What the library reads and writes is in its box.  */
#define malloc(n) lfi_library_malloc(&z_library, n)
#define free(p) lfi_library_free(&z_library, p)
#endif

enum { CHUNK = 16384 };

static void fail(const char *what)
{
    fprintf(stderr, "zlib: %s\n", what);
    exit(1);
}

/* All of in, with deflate or inflate, in chunks.  */
static unsigned char *run(int (*step)(z_streamp, int), z_stream *z, const unsigned char *in,
                          size_t n, size_t *size)
{
    unsigned char *from = malloc(CHUNK), *to = malloc(CHUNK);
    unsigned char *all = NULL;
    size_t have = 0;
    int r = Z_OK;
    if (!from || !to)
        fail("out of memory");
    while (r != Z_STREAM_END) {
        size_t some = n < CHUNK ? n : CHUNK;
        memcpy(from, in, some);
        z->next_in = from;
        z->avail_in = (uInt)some;
        in += some, n -= some;
        do {
            z->next_out = to;
            z->avail_out = CHUNK;
            r = step(z, n ? Z_NO_FLUSH : Z_FINISH);
            if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
                fail("a step failed");
            size_t got = CHUNK - z->avail_out;
            /* The number is the library's.  */
            if (got > CHUNK)
                fail("a bad count");
            all = realloc(all, have + got + 1);
            memcpy(all + have, to, got);
            have += got;
        } while (z->avail_out == 0);
        if (n == 0 && r == Z_BUF_ERROR)
            fail("the data ends too early");
    }
    free(from);
    free(to);
    *size = have;
    return all;
}

int main(void)
{
    static unsigned char in[1 << 22];
    size_t n = fread(in, 1, sizeof in, stdin), small, large;
#ifdef BOX
    z_library.failed = failed;
    if (!z_open())
        fail(lfi_errmsg());
#endif
    z_stream *z = malloc(sizeof *z);
    memset(z, 0, sizeof *z);
    if (deflateInit(z, 9) != Z_OK)
        fail("deflateInit");
    unsigned char *packed = run(deflate, z, in, n, &small);
    deflateEnd(z);
    memset(z, 0, sizeof *z);
    if (inflateInit(z) != Z_OK)
        fail("inflateInit");
    unsigned char *unpacked = run(inflate, z, packed, small, &large);
    inflateEnd(z);
    free(z);
    /* With an annotation: buffers of the host's.  */
    uLongf bound = compressBound(n);
    unsigned char *direct = (calloc)(1, bound);
    if (compress(direct, &bound, in, n) != Z_OK)
        fail("compress");
    printf("zlib %s: %zu -> %zu -> %zu, %s, crc %08lx, compress %lu %02x%02x%02x\n", zlibVersion(),
           n, small, large, large == n && memcmp(in, unpacked, n) == 0 ? "equal" : "different",
           crc32(0, packed, (uInt)small), bound, direct[0], direct[1], direct[bound - 1]);
    return 0;
}
