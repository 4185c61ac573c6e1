/* What the vectorizer and intrinsics write.  */
#ifdef __aarch64__
#include <arm_neon.h>
#else
#include <emmintrin.h>
#endif

void saxpy(float *restrict y, const float *restrict x, float a, int n)
{
    for (int i = 0; i < n; i++)
        y[i] += a * x[i];
}

long dot(const short *a, const short *b, int n)
{
    long s = 0;
    for (int i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

void planes(unsigned char *restrict r, unsigned char *restrict g, unsigned char *restrict b,
            const unsigned char *restrict rgb, int n)
{
    for (int i = 0; i < n; i++) {
        r[i] = rgb[3 * i];
        g[i] = rgb[3 * i + 1];
        b[i] = rgb[3 * i + 2];
    }
}

#ifdef __aarch64__
void swizzle(uint8_t *to, const uint8_t *from, long n)
{
    for (long i = 0; i < n; i++, to += 64, from += 64) {
        uint8x16x4_t v = vld4q_u8(from);
        v.val[0] = vaddq_u8(v.val[0], vrbitq_u8(v.val[1]));
        v.val[2] = vqtbl1q_u8(v.val[2], v.val[3]);
        vst4q_u8(to, v);
    }
}

void lanes(int32_t *p, int32x4_t v, const float *f, float *g)
{
    vst1q_lane_s32(p, v, 3);
    float32x2x2_t pair = vld2_dup_f32(f);
    vst2_lane_f32(g, pair, 1);
    vst1q_f32(g + 4, vcvtq_f32_s32(v));
}
#else
void swizzle(unsigned char *to, const unsigned char *from, long n)
{
    for (long i = 0; i < n; i++, to += 64, from += 64) {
        __m128i a = _mm_loadu_si128((const __m128i *)from);
        __m128i b = _mm_loadu_si128((const __m128i *)(from + 16));
        _mm_stream_si128((__m128i *)to, _mm_unpacklo_epi8(a, b));
        _mm_stream_si128((__m128i *)(to + 16), _mm_unpackhi_epi8(a, b));
        _mm_stream_si32((int *)(to + 32), _mm_movemask_epi8(a));
        _mm_prefetch((const char *)from + 256, _MM_HINT_T0);
    }
}

void lanes(double *p, __m128d v, const float *f, float *g)
{
    _mm_storeh_pd(p, v);
    _mm_storel_pd(p + 1, v);
    _mm_storeu_ps(g, _mm_rsqrt_ps(_mm_load_ss(f)));
    _mm_setcsr(_mm_getcsr() | 0x40);
}
#endif

double reduce(const double *p, int n)
{
    double m = 0;
    for (int i = 0; i < n; i++)
        m = p[i] > m ? p[i] : m;
    return m;
}
