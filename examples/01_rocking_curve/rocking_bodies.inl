/* rocking_bodies.inl - bodies and descriptors of the tasks over frames, for one type of counts.
 *
 * Included by rocking_tasks.c once a type, with NUMBER (its C type), LABEL (its name in windows),
 * TYPE (its name in tsr_type), and INDEXED_LABEL, INDEXED_TYPE (of a value with its place). Rows
 * are walked by pointer, so that the loops over them become vector code; everything is O(elements
 * of the piece). */

#define PASTE(a, b)     a##_##b
#define PASTE2(a, b)    PASTE(a, b)
#define NAME(name)      PASTE2(name, LABEL)
#define WINDOW(what)    PASTE2(PASTE2(tsr_##what, LABEL), 3d)
#define WINDOW_OF(what) PASTE2(WINDOW(what), of)
#define LINE            PASTE2(PASTE2(tsr_in, LABEL), 1d)
#define LINE_OF         PASTE2(LINE, of)
#define INDEXED_NUMBER  PASTE2(tsr, INDEXED_LABEL)
#define INDEXED_AT      PASTE2(PASTE2(tsr_element, INDEXED_LABEL), of)

/* Counts below the level are no counts; neither is what is no number. */
static tsr_status NAME(threshold_body)(const tsr_task_context *t)
{
    WINDOW(out)  clean = WINDOW_OF(out)(t, THRESHOLD_CLEAN);
    WINDOW(in)   raw = WINDOW_OF(in)(t, THRESHOLD_RAW);
    const double level = tsr_f64_of(t, THRESHOLD_LEVEL);
    TSR_FOR_2D(n, y, raw.box) {
        const int64_t first = raw.box.low[2], width = raw.box.high[2] - first;
        const NUMBER *from = &tsr_at(raw, n, y, first);
        NUMBER       *to = &tsr_at(clean, n, y, first);
        for (int64_t x = 0; x < width; ++x) {
            const NUMBER v = from[x * raw.stride[2]];
            to[x * clean.stride[2]] = (double)v >= level ? v : 0;
        }
    }
    return TSR_OK;
}

static NUMBER NAME(row_sum)(const NUMBER *from, int64_t stride, int64_t n)
{
    NUMBER sum = 0;
    if (stride == 1)
        for (int64_t i = 0; i < n; ++i)
            sum += from[i];
    else
        for (int64_t i = 0; i < n; ++i)
            sum += from[i * stride];
    return sum;
}

static void NAME(row_add)(NUMBER *into, int64_t into_stride, const NUMBER *from, int64_t stride,
                          int64_t n)
{
    if (stride == 1 && into_stride == 1)
        for (int64_t i = 0; i < n; ++i)
            into[i] += from[i];
    else
        for (int64_t i = 0; i < n; ++i)
            into[i * into_stride] += from[i * stride];
}

/* Into what: the same extents, promoted along the dimensions that are summed over. */
static tsr_status NAME(sum_body)(const tsr_task_context *t)
{
    WINDOW(out) into = WINDOW_OF(out)(t, FOLD_INTO);
    WINDOW(in)  from = WINDOW_OF(in)(t, FOLD_FROM);
    TSR_FOR_2D(n, y, from.box) {
        const int64_t first = from.box.low[2], width = from.box.high[2] - first;
        const NUMBER *row = &tsr_at(from, n, y, first);
        if (into.stride[2] == 0)
            tsr_at(into, n, y, first) += NAME(row_sum)(row, from.stride[2], width);
        else
            NAME(row_add)(&tsr_at(into, n, y, first), into.stride[2], row, from.stride[2], width);
    }
    return TSR_OK;
}

static tsr_status NAME(maximum_body)(const tsr_task_context *t)
{
    WINDOW(out) into = WINDOW_OF(out)(t, FOLD_INTO);
    WINDOW(in)  from = WINDOW_OF(in)(t, FOLD_FROM);
    TSR_FOR_2D(n, y, from.box) {
        const int64_t first = from.box.low[2], width = from.box.high[2] - first;
        const NUMBER *row = &tsr_at(from, n, y, first);
        NUMBER       *to = &tsr_at(into, n, y, first);
        for (int64_t x = 0; x < width; ++x) {
            const NUMBER v = row[x * from.stride[2]], old = to[x * into.stride[2]];
            to[x * into.stride[2]] = v > old ? v : old;
        }
    }
    return TSR_OK;
}

/* The greatest element and its place, counted row-major; of equal ones the first. */
static tsr_status NAME(peak_body)(const tsr_task_context *t)
{
    INDEXED_NUMBER *peak = INDEXED_AT(t, FOLD_INTO);
    WINDOW(in)      from = WINDOW_OF(in)(t, FOLD_FROM);
    const int64_t   rows = tsr_i64_of(t, FOLD_ROWS), columns = tsr_i64_of(t, FOLD_COLUMNS);
    TSR_FOR_2D(n, y, from.box) {
        const int64_t first = from.box.low[2], width = from.box.high[2] - first;
        const NUMBER *row = &tsr_at(from, n, y, first);
        for (int64_t x = 0; x < width; ++x) {
            const NUMBER  v = row[x * from.stride[2]];
            const int64_t index = (n * rows + y) * columns + first + x;
            if (v > peak->value || (v == peak->value && index < peak->index))
                *peak = (INDEXED_NUMBER){v, index};
        }
    }
    return TSR_OK;
}

static tsr_status NAME(nonzero_body)(const tsr_task_context *t)
{
    int64_t   *count = tsr_element_i64_of(t, FOLD_INTO);
    WINDOW(in) from = WINDOW_OF(in)(t, FOLD_FROM);
    TSR_FOR_2D(n, y, from.box) {
        const int64_t first = from.box.low[2], width = from.box.high[2] - first;
        const NUMBER *row = &tsr_at(from, n, y, first);
        int64_t       here = 0;
        for (int64_t x = 0; x < width; ++x)
            here += row[x * from.stride[2]] != 0;
        *count += here;
    }
    return TSR_OK;
}

/* The same numbers as doubles. */
static tsr_status NAME(real_body)(const tsr_task_context *t)
{
    tsr_out_f64_1d real = tsr_out_f64_1d_of(t, REAL_OUT);
    LINE           whole = LINE_OF(t, REAL_IN);
    TSR_FOR_1D(i, real.box)
        tsr_at(real, i) = (double)tsr_at(whole, i);
    return TSR_OK;
}

/* Square roots of counts in single precision; of what is below zero, zero. */
static tsr_status NAME(amplitude_body)(const tsr_task_context *t)
{
    tsr_out_f32_3d amplitude = tsr_out_f32_3d_of(t, REAL_OUT);
    WINDOW(in)     from = WINDOW_OF(in)(t, REAL_IN);
    TSR_FOR_2D(n, y, from.box) {
        const int64_t first = from.box.low[2], width = from.box.high[2] - first;
        const NUMBER *row = &tsr_at(from, n, y, first);
        float        *to = &tsr_at(amplitude, n, y, first);
        for (int64_t x = 0; x < width; ++x) {
            const NUMBER v = row[x * from.stride[2]];
            to[x * amplitude.stride[2]] = sqrtf(v > 0 ? (float)v : 0);
        }
    }
    return TSR_OK;
}

static const tsr_task_desc NAME(threshold_task) = {
    .name = "rocking.threshold",
    .args = {[THRESHOLD_CLEAN] = {TSR_WRITE, TYPE, .rank = 3, .name = "clean"},
             [THRESHOLD_RAW] = {TSR_READ, TYPE, .rank = 3, .name = "raw"},
             [THRESHOLD_LEVEL] = {TSR_SCALAR, TSR_F64, .name = "level"}},
    .constraints = {TSR_ALIGN(THRESHOLD_CLEAN, THRESHOLD_RAW)},
    .variants = {[TSR_CPU] = {.body = NAME(threshold_body)}},
    .pure = true,
};

static const tsr_task_desc NAME(sum_task) = {
    .name = "rocking.sum",
    .args = {[FOLD_INTO] = {TSR_REDUCE, TYPE, .rank = 3, .name = "sum", .reduction = TSR_SUM},
             [FOLD_FROM] = {TSR_READ, TYPE, .rank = 3, .name = "counts"}},
    .constraints = {TSR_ALIGN(FOLD_INTO, FOLD_FROM)},
    .variants = {[TSR_CPU] = {.body = NAME(sum_body)}},
    .pure = true,
};

static const tsr_task_desc NAME(maximum_task) = {
    .name = "rocking.maximum",
    .args = {[FOLD_INTO] = {TSR_REDUCE, TYPE, .rank = 3, .name = "maximum", .reduction = TSR_MAX},
             [FOLD_FROM] = {TSR_READ, TYPE, .rank = 3, .name = "counts"}},
    .constraints = {TSR_ALIGN(FOLD_INTO, FOLD_FROM)},
    .variants = {[TSR_CPU] = {.body = NAME(maximum_body)}},
    .pure = true,
};

static const tsr_task_desc NAME(peak_task) = {
    .name = "rocking.peak",
    .args = {[FOLD_INTO] = {TSR_REDUCE, INDEXED_TYPE, .name = "peak", .reduction = TSR_ARGMAX},
             [FOLD_FROM] = {TSR_READ, TYPE, .rank = 3, .name = "counts"},
             [FOLD_ROWS] = {TSR_SCALAR, TSR_I64, .name = "rows"},
             [FOLD_COLUMNS] = {TSR_SCALAR, TSR_I64, .name = "columns"}},
    .variants = {[TSR_CPU] = {.body = NAME(peak_body)}},
    .pure = true,
};

static const tsr_task_desc NAME(nonzero_task) = {
    .name = "rocking.nonzero",
    .args = {[FOLD_INTO] = {TSR_REDUCE, TSR_I64, .name = "count", .reduction = TSR_SUM},
             [FOLD_FROM] = {TSR_READ, TYPE, .rank = 3, .name = "counts"}},
    .variants = {[TSR_CPU] = {.body = NAME(nonzero_body)}},
    .pure = true,
};

static const tsr_task_desc NAME(real_task) = {
    .name = "rocking.real",
    .args = {[REAL_OUT] = {TSR_WRITE, TSR_F64, .rank = 1, .name = "real"},
             [REAL_IN] = {TSR_READ, TYPE, .rank = 1, .name = "counts"}},
    .constraints = {TSR_ALIGN(REAL_OUT, REAL_IN)},
    .variants = {[TSR_CPU] = {.body = NAME(real_body)}},
    .pure = true,
};

static const tsr_task_desc NAME(amplitude_task) = {
    .name = "rocking.amplitude",
    .args = {[REAL_OUT] = {TSR_WRITE, TSR_F32, .rank = 3, .name = "amplitude"},
             [REAL_IN] = {TSR_READ, TYPE, .rank = 3, .name = "counts"}},
    .constraints = {TSR_ALIGN(REAL_OUT, REAL_IN)},
    .variants = {[TSR_CPU] = {.body = NAME(amplitude_body)}},
    .pure = true,
};

#undef PASTE
#undef PASTE2
#undef NAME
#undef WINDOW
#undef WINDOW_OF
#undef LINE
#undef LINE_OF
#undef INDEXED_NUMBER
#undef INDEXED_AT
