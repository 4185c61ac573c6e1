/* Makes an image, writes it as PNG to standard output, reads it again, and says whether it is the
   same; then reads damaged ones.  With -DBOX libpng (and zlib with it) is in a box.
   SPDX-License-Identifier: Apache-2.0  */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef BOX
#include <lfi_bind.h>
bool png_open(void);
extern struct LFILibrary png_library;
/* A call that does not return gives 0, which may mean success.  */
static void failed(const struct LFIBinding *binding, enum LFIInvokeEnd end)
{
    fprintf(stderr, "png: %s did not return (%d)\n", binding->name, (int)end);
    exit(3);
}
#define ROW_ALLOC(n) lfi_library_malloc(&png_library, n)
#define ROW_FREE(p) lfi_library_free(&png_library, p)
#define CALLBACK(fn) ((void *)lfi_library_callback(&png_library, (void *)(fn)))
static void jump(void *env, int value)
{
    longjmp(env, value);
}
#define SET_JUMP(png, env) set_jump(png, &(env))
static void set_jump(png_structp png, jmp_buf *env)
{
    /* The library's own longjmp, with a buffer that it allocates.  */
    void *there =
        png_set_longjmp_fn(png, (png_longjmp_ptr)lfi_proc_sym(png_library.proc, "longjmp"), 512);
    lfi_lib_setjmp(png_library.box, png_library.ctxp(), there, env, jump);
}
#define END_JUMP(png)                                                                              \
    lfi_lib_setjmp(                                                                                \
        png_library.box, png_library.ctxp(),                                                       \
        png_set_longjmp_fn(png, (png_longjmp_ptr)lfi_proc_sym(png_library.proc, "longjmp"), 512),  \
        NULL, NULL)
/* What the library says that it wants to have copied is looked at.  */
#define CHECKED(p, n) (lfi_box_bufvalid(png_library.box, (lfiptr)(p), n))
#else
#define ROW_ALLOC(n) malloc(n)
#define ROW_FREE(p) free(p)
#define CALLBACK(fn) (fn)
#define SET_JUMP(png, env) memcpy(png_jmpbuf(png), env, sizeof(jmp_buf))
#define END_JUMP(png) (void)(png)
#define CHECKED(p, n) 1
#endif

enum { WIDTH = 120, HEIGHT = 80 };
static unsigned char image[HEIGHT][3 * WIDTH], again[HEIGHT][3 * WIDTH];
static unsigned char file[1 << 17];
static size_t size, at;

static void put(png_structp png, png_bytep data, size_t n)
{
    (void)png;
    if (n > sizeof file - size || !CHECKED(data, n))
        abort();
    memcpy(file + size, data, n);
    size += n;
}

static void flush(png_structp png)
{
    (void)png;
}

static void get(png_structp png, png_bytep data, size_t n)
{
    (void)png;
    if (!CHECKED(data, n))
        abort();
    memset(data, 0, n);
    if (n > size - at)
        n = size - at;
    memcpy(data, file + at, n);
    at += n;
}

static int write_image(void)
{
    jmp_buf env;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char *row = ROW_ALLOC(3 * WIDTH);
    if (setjmp(env))
        return 0;
    SET_JUMP(png, env);
    png_set_write_fn(png, NULL, CALLBACK(put), CALLBACK(flush));
    png_set_IHDR(png, info, WIDTH, HEIGHT, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < HEIGHT; y++) {
        memcpy(row, image[y], 3 * WIDTH);
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    END_JUMP(png);
    ROW_FREE(row);
    return 1;
}

static int read_image(void)
{
    jmp_buf env;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char *row = ROW_ALLOC(3 * WIDTH);
    int ok = 0;
    at = 0;
    memset(again, 0, sizeof again);
    if (setjmp(env) == 0) {
        SET_JUMP(png, env);
        png_set_read_fn(png, NULL, CALLBACK(get));
        png_read_info(png, info);
        if (png_get_image_width(png, info) == WIDTH && png_get_image_height(png, info) == HEIGHT)
            for (int y = 0; y < HEIGHT; y++) {
                png_read_row(png, row, NULL);
                memcpy(again[y], row, 3 * WIDTH);
            }
        png_read_end(png, NULL);
        ok = 1;
    }
    END_JUMP(png);
    ROW_FREE(row);
    return ok;
}

int main(void)
{
#ifdef BOX
    png_library.failed = failed;
    if (!png_open()) {
        fprintf(stderr, "png: %s\n", lfi_errmsg());
        return 1;
    }
#endif
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < 3 * WIDTH; x++)
            image[y][x] = (unsigned char)(x * y / 3 + x);
    int wrote = write_image();
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + file[i];
    int ok = read_image();
    printf("written %d: %zu bytes, sum %08x; read %d, %s\n", wrote, size, sum, ok,
           memcmp(image, again, sizeof image) == 0 ? "equal" : "different");
    for (size_t i = 1; i < size; i += size / 9) {
        file[i] ^= 0x55;
        printf("damaged at %zu: %s\n", i, read_image() ? "read" : "refused");
        file[i] ^= 0x55;
    }
    return 0;
}
