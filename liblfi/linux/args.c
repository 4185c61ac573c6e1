/* Arguments of system calls: checked, resolved and copied here, and nowhere else.
   SPDX-License-Identifier: Apache-2.0

   Pointers are reduced to addresses of the box first, as the box's own loads and stores do;
   then the range is checked, without a sum that could wrap.  Structures are copied
   once: what another thread of the box writes afterwards is not seen.  Buffers are used in
   place by the host's kernel, which answers EFAULT for what is not mapped with the right
   permission; [min, max) holds no guard and no rtcall table.  */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "liblfi/linux/linux.h"

struct file bad_file = {.refs = 1, .kind = FILE_TREE, .host = -1};

static lfiptr box_pointer(const struct call *c, uint64_t raw)
{
    return lfi_box_l2p(c->p->box, raw);
}

long copy_in(const struct call *c, void *dst, uint64_t src, size_t size)
{
    return size == 0 || lfi_box_copyfm(c->p->box, dst, box_pointer(c, src), size) ? 0 : -EFAULT;
}

long copy_out(const struct call *c, uint64_t dst, const void *src, size_t size)
{
    return size == 0 || lfi_box_copyto(c->p->box, box_pointer(c, dst), src, size) ? 0 : -EFAULT;
}

/* Memory of the thread that lasts until the call's end.  */
static void *scratch(struct call *c, size_t size)
{
    size_t room = (size + 15) & ~(size_t)15;
    if (room > LX_SCRATCH - c->used)
        return NULL;
    void *p = (char *)c->t->scratch + c->used;
    c->used += room;
    return p;
}

static long take_path(struct call *c, int i)
{
    lfiptr p = box_pointer(c, c->raw[i]);
    char *path = scratch(c, LX_PATH_MAX);
    size_t n = lfi_box_strnlen(c->p->box, p, LX_PATH_MAX);
    if (!path)
        return -ENOMEM;
    if (n == SIZE_MAX)
        return -EFAULT;
    if (n == LX_PATH_MAX)
        return -ENAMETOOLONG;
    /* The string can change between the two; it is cut where the first look ended.  */
    if (!lfi_box_copyfm(c->p->box, path, p, n))
        return -EFAULT;
    path[n] = 0;
    c->a[i].path = path;
    return 0;
}

static long take_struct(struct call *c, int i, bool in, bool optional)
{
    size_t size = c->row->arg[i].size;
    c->a[i].ptr = NULL;
    if (optional && c->raw[i] == 0)
        return 0;
    void *p = scratch(c, size);
    if (!p)
        return -ENOMEM;
    memset(p, 0, size);
    if (in && copy_in(c, p, c->raw[i], size) != 0)
        return -EFAULT;
    c->a[i].ptr = p;
    return 0;
}

static long take_buffer(struct call *c, int i)
{
    const struct arg_spec *spec = &c->row->arg[i];
    uint64_t len = c->raw[spec->with];
    if (c->row->arg[spec->with].kind == ARG_UINT)
        len = (uint32_t)len;
    lfiptr p = box_pointer(c, c->raw[i]);
    if (len && !lfi_box_bufvalid(c->p->box, p, len))
        return -EFAULT;
    c->a[i].ptr = (void *)p;
    c->len[i] = len;
    return 0;
}

long iov_in(struct call *c, uint64_t src, size_t n, struct iovec **out)
{
    struct box_iovec *box = scratch(c, n * sizeof *box);
    struct iovec *host = scratch(c, n * sizeof *host);
    if (!box || !host)
        return -ENOMEM;
    if (copy_in(c, box, src, n * sizeof *box) != 0)
        return -EFAULT;
    for (size_t k = 0; k < n; k++) {
        lfiptr p = box_pointer(c, box[k].base);
        if (box[k].len > INT64_MAX)
            return -EINVAL;
        if (box[k].len && !lfi_box_bufvalid(c->p->box, p, box[k].len))
            return -EFAULT;
        host[k] = (struct iovec){(void *)p, box[k].len};
    }
    *out = host;
    return 0;
}

static long take_iov(struct call *c, int i)
{
    int32_t count = (int32_t)c->raw[c->row->arg[i].with];
    if (count < 0 || count > LX_IOV_MAX)
        return -EINVAL;
    c->len[i] = (size_t)count;
    return iov_in(c, c->raw[i], (size_t)count, &c->a[i].iov);
}

long sockaddr_in(const struct call *c, struct box_sockaddr *to, uint64_t src, int64_t len)
{
    if (len < 0 || len > (int64_t)sizeof *to)
        return -EINVAL;
    memset(to, 0, sizeof *to);
    return copy_in(c, to, src, (size_t)len);
}

static long take_sockaddr(struct call *c, int i)
{
    int32_t len = (int32_t)c->raw[c->row->arg[i].with];
    struct box_sockaddr *a = scratch(c, sizeof *a);
    if (!a)
        return -ENOMEM;
    c->a[i].ptr = a;
    c->len[i] = len > 0 ? (size_t)len : 0;
    return sockaddr_in(c, a, c->raw[i], len);
}

/* Whether the count is a good one the handler says.  */
static long take_out_array(struct call *c, int i)
{
    const struct arg_spec *spec = &c->row->arg[i];
    int32_t count = (int32_t)c->raw[spec->with];
    size_t n = count > 0 ? (size_t)count : 0;
    lfiptr p = box_pointer(c, c->raw[i]);
    if (n && n < INT32_MAX / spec->size && !lfi_box_bufvalid(c->p->box, p, n * spec->size))
        return -EFAULT;
    c->a[i].ptr = (void *)p;
    c->len[i] = n;
    return 0;
}

static long take_array(struct call *c, int i)
{
    const struct arg_spec *spec = &c->row->arg[i];
    uint64_t n = (uint32_t)c->raw[spec->with];
    if (n > LX_MAX_FDS)
        return -EINVAL;
    void *p = scratch(c, n * spec->size);
    if (!p)
        return -ENOMEM;
    if (copy_in(c, p, c->raw[i], n * spec->size) != 0)
        return -EFAULT;
    c->a[i].ptr = p;
    c->len[i] = n;
    return 0;
}

static long take_word(struct call *c, int i)
{
    lfiptr p = box_pointer(c, c->raw[i]);
    if (p % 4)
        return -EINVAL;
    if (!lfi_box_bufvalid(c->p->box, p, 4))
        return -EFAULT;
    c->a[i].ptr = (void *)p;
    return 0;
}

static long take_file(struct call *c, int i)
{
    int fd = (int32_t)c->raw[i];
    bool dirfd = c->row->arg[i].kind == ARG_DIRFD;
    if (dirfd && fd == BOX_AT_FDCWD)
        return 0;
    c->a[i].file = fd_get(c->p, fd);
    if (c->a[i].file)
        return 0;
    if (!dirfd)
        return -EBADF;
    c->a[i].file = &bad_file;
    return 0;
}

static long take(struct call *c, int i)
{
    switch (c->row->arg[i].kind) {
    case ARG_INT:
        c->a[i].i = (int32_t)c->raw[i];
        return 0;
    case ARG_UINT:
    case ARG_FLAGS:
    case ARG_MODE:
        c->a[i].u = (uint32_t)c->raw[i];
        return 0;
    case ARG_LONG:
    case ARG_ADDR:
        c->a[i].u = c->raw[i];
        return 0;
    case ARG_FD:
    case ARG_DIRFD:
        return take_file(c, i);
    case ARG_PATH_OPT:
        return c->raw[i] ? take_path(c, i) : 0;
    case ARG_PATH:
        return take_path(c, i);
    case ARG_IN:
    case ARG_INOUT:
        return take_struct(c, i, true, false);
    case ARG_IN_OPT:
    case ARG_INOUT_OPT:
        return take_struct(c, i, true, true);
    case ARG_OUT:
        return take_struct(c, i, false, false);
    case ARG_OUT_OPT:
        return take_struct(c, i, false, true);
    case ARG_IN_BUF:
    case ARG_OUT_BUF:
        return take_buffer(c, i);
    case ARG_IN_IOV:
    case ARG_OUT_IOV:
        return take_iov(c, i);
    case ARG_INOUT_ARRAY:
        return take_array(c, i);
    case ARG_OUT_ARRAY:
        return take_out_array(c, i);
    case ARG_SOCKADDR_OPT:
        return c->raw[i] ? take_sockaddr(c, i) : 0;
    case ARG_SOCKADDR:
        return take_sockaddr(c, i);
    case ARG_SOCKADDR_OUT:
        return 0;
    case ARG_WORD:
        return take_word(c, i);
    }
    return -ENOSYS;
}

long call_begin(struct call *c)
{
    memset(c->a, 0, sizeof c->a);
    for (int i = 0; i < 6 && c->row->arg[i].kind != ARG_NONE; i++) {
        long err = take(c, i);
        if (err)
            return err;
    }
    return 0;
}

static bool put(struct call *c, int i)
{
    const struct arg_spec *spec = &c->row->arg[i];
    switch (spec->kind) {
    case ARG_OUT:
    case ARG_OUT_OPT:
    case ARG_INOUT:
    case ARG_INOUT_OPT:
        return !c->a[i].ptr || copy_out(c, c->raw[i], c->a[i].ptr, spec->size) == 0;
    case ARG_INOUT_ARRAY:
        return copy_out(c, c->raw[i], c->a[i].ptr, c->len[i] * spec->size) == 0;
    }
    return true;
}

long call_end(struct call *c, long result)
{
    bool out = result >= 0 || c->out;
    for (int i = 0; i < 6 && c->row->arg[i].kind != ARG_NONE; i++) {
        uint8_t kind = c->row->arg[i].kind;
        if (out && !put(c, i)) {
            result = -EFAULT;
            out = false;
        }
        if ((kind == ARG_FD || kind == ARG_DIRFD) && c->a[i].file && c->a[i].file != &bad_file)
            file_drop(c->a[i].file);
    }
    return result;
}
