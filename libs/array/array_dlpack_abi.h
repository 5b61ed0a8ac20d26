/* array_dlpack_abi.h - DLPack's structures in memory, as its specification gives them for version 1:
 * https://dmlc.github.io/dlpack/latest/c_api.html.
 *
 * The tags are DLPack's own, so that programs may include its dlpack.h beside this library's public
 * headers, which leave them open. Debian's dlpack.h is of version 0.6 and has no versioned tensor. */
#ifndef ARRAY_DLPACK_ABI_H
#define ARRAY_DLPACK_ABI_H

#include <stdint.h>

enum { DLPACK_MAJOR = 1, DLPACK_MINOR = 0 };
/* Devices, and kinds of numbers. */
enum { DLPACK_CPU = 1 };
enum { DLPACK_INT, DLPACK_UINT, DLPACK_FLOAT, DLPACK_BFLOAT = 4, DLPACK_COMPLEX, DLPACK_BOOL };
/* Flags of a versioned tensor. */
enum { DLPACK_READ_ONLY = 1 << 0, DLPACK_IS_COPIED = 1 << 1 };

struct dlpack_version {
    uint32_t major, minor;
};
struct dlpack_device {
    int32_t type, id;
};
struct dlpack_type {
    uint8_t  code, bits;
    uint16_t lanes;
};
/* Elements: strides in elements, NULL: C order; the first is `byte_offset` behind `data`. */
struct dlpack_tensor {
    void                *data;
    struct dlpack_device device;
    int32_t              ndim;
    struct dlpack_type   dtype;
    int64_t             *shape, *strides;
    uint64_t             byte_offset;
};
/* Before version 1. */
struct DLManagedTensor {
    struct dlpack_tensor dl_tensor;
    void                *manager_ctx;
    void (*deleter)(struct DLManagedTensor *self);
};
struct DLManagedTensorVersioned {
    struct dlpack_version version;
    void                 *manager_ctx;
    void (*deleter)(struct DLManagedTensorVersioned *self);
    uint64_t             flags;
    struct dlpack_tensor dl_tensor;
};

#endif
