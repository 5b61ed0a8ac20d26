/* tessera/array_formula.h - write the scalar in C, get the array.
 *
 *     ND_FORMULA(normal_cdf, (d),
 *     {
 *         return 0.5 * erfc(-d * M_SQRT1_2);
 *     })
 *     nd_array p = nd_map(normal_cdf, d);
 *
 * A formula is a function of one to eight doubles that answers a double, for numbers too:
 * normal_cdf(0.5). Its text is kept.  What is declarations of doubles, assignments, return,
 * arithmetic, comparisons, ?:, the functions of <math.h> named below, constants M_*, and formulas
 * above it in the same file, becomes a formula of the runtime (tessera/formula.h), which fuses
 * with what is around it.  Anything else (loops, if, functions of one's own) keeps the loop that
 * the host compiler made of it.  exp, log and their like inside a formula are Tessera's own,
 * deterministic ones, both ways; so both give the same bits. */
#ifndef TESSERA_ARRAY_FORMULA_H
#define TESSERA_ARRAY_FORMULA_H

#include <tessera/array_core.h>
#include <tessera/body.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The functions that mean Tessera's own inside a formula: name, operands. */
#define ND_MATH_MAP_1(X)                                                                           \
    X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sin) X(cos) X(tan) X(asin) X(acos)  \
    X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh) X(erf) X(erfc) X(cbrt) X(tgamma)    \
    X(lgamma)
/* As ND_MATH_MAP_1, of two operands. */
#define ND_MATH_MAP_2(X) X(pow) X(atan2) X(hypot)

/* Behind those names.  Threads: any. */
#define X(name) TSR_API double nd_math_##name##_(double x);
ND_MATH_MAP_1(X)
#undef X
#define X(name) TSR_API double nd_math_##name##_(double x, double y);
ND_MATH_MAP_2(X)
#undef X

enum { ND_FORMULA_PARAMS = 8 };

/* What ND_FORMULA makes: the text, and the loop of the host compiler. */
typedef struct nd_formula {
    const char          *name, *params, *text, *file;
    int                  n; /* parameters */
    const tsr_task_desc *task;
    void (*loop)(double *out, int64_t out_step, const double *const *in, const int64_t *step,
                 int64_t n);
    struct nd_formula *next; /* of those that this process knows */
} nd_formula;

/* Make a formula known to those below it; before main, behind ND_FORMULA. */
TSR_API void nd_formula_register_(nd_formula *f);
/* Forget it, where its library is unloaded. */
TSR_API void nd_formula_unregister_(nd_formula *f);
/* Run its loop over a piece, as a task body. */
TSR_API tsr_status nd_formula_run_(const tsr_task_context *t, const nd_formula *f);
/* A formula over arrays and numbers, stretched to one shape; a float64 array.  Operands are
 * converted to float64.  Fails: BAD_SHAPE; BAD_ARGUMENT for another number of operands; BAD_TYPE
 * for complex ones. */
TSR_API nd_array nd_map_(const nd_formula *f, const nd_operand *x, int n, tsr_site at);
/* Whether the runtime reads a formula; if not, why (valid as long as the thread; "" when it does).
 * */
TSR_API bool nd_formula_is_read_(const nd_formula *f, const char **out_why);
/* nd_formula_is_read(normal_cdf, &why): as above. */
#define nd_formula_is_read(name, out_why) nd_formula_is_read_(&name##_formula_, (out_why))

/* A formula of an array's indices, a parameter for each dimension; a float64 array.  Both ways of
 * ND_FORMULA: one whose text is read fuses, and functions of one's own may be called by one that is
 * not.  Fails: BAD_ARGUMENT for another number of dimensions than parameters; BAD_SHAPE.
 * Source: numpy.fromfunction. */
TSR_API nd_array nd_fromfunction_(const nd_formula *f, nd_shape shape, tsr_site at);
/* nd_fromfunction(hill, ND_SHAPE(300, 400)): as above. */
#define nd_fromfunction(name, shape) nd_fromfunction_(&name##_formula_, (shape), TSR_HERE)

#ifndef __cplusplus
#define ND_EACH1_(M, a)      M(a)
#define ND_EACH2_(M, a, ...) M(a), ND_EACH1_(M, __VA_ARGS__)
#define ND_EACH3_(M, a, ...) M(a), ND_EACH2_(M, __VA_ARGS__)
#define ND_EACH4_(M, a, ...) M(a), ND_EACH3_(M, __VA_ARGS__)
#define ND_EACH5_(M, a, ...) M(a), ND_EACH4_(M, __VA_ARGS__)
#define ND_EACH6_(M, a, ...) M(a), ND_EACH5_(M, __VA_ARGS__)
#define ND_EACH7_(M, a, ...) M(a), ND_EACH6_(M, __VA_ARGS__)
#define ND_EACH8_(M, a, ...) M(a), ND_EACH7_(M, __VA_ARGS__)
#define ND_PICK_(a, b, c, d, e, f, g, h, n, ...) n
#define ND_EACH_(M, ...)                                                                           \
    ND_PICK_(__VA_ARGS__, ND_EACH8_, ND_EACH7_, ND_EACH6_, ND_EACH5_, ND_EACH4_, ND_EACH3_,        \
             ND_EACH2_, ND_EACH1_, 0)(M, __VA_ARGS__)
#define ND_COUNT_(...)      ND_PICK_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define ND_UNPAREN_(...)    __VA_ARGS__
#define ND_PARAM_(x)        double x
#define ND_ARG_(x)          {TSR_READ, TSR_F64, .name = #x}
#define ND_ALIGN1_          TSR_ALIGN(1, 0)
#define ND_ALIGN2_          ND_ALIGN1_, TSR_ALIGN(2, 0)
#define ND_ALIGN3_          ND_ALIGN2_, TSR_ALIGN(3, 0)
#define ND_ALIGN4_          ND_ALIGN3_, TSR_ALIGN(4, 0)
#define ND_ALIGN5_          ND_ALIGN4_, TSR_ALIGN(5, 0)
#define ND_ALIGN6_          ND_ALIGN5_, TSR_ALIGN(6, 0)
#define ND_ALIGN7_          ND_ALIGN6_, TSR_ALIGN(7, 0)
#define ND_ALIGN8_          ND_ALIGN7_, TSR_ALIGN(8, 0)
#define ND_ALIGN_(...)                                                                             \
    ND_PICK_(__VA_ARGS__, ND_ALIGN8_, ND_ALIGN7_, ND_ALIGN6_, ND_ALIGN5_, ND_ALIGN4_, ND_ALIGN3_,  \
             ND_ALIGN2_, ND_ALIGN1_, 0)
#define ND_ITEM_(k)  in_[k][i_ * step_[k]]
#define ND_ITEMS1_   ND_ITEM_(0)
#define ND_ITEMS2_   ND_ITEMS1_, ND_ITEM_(1)
#define ND_ITEMS3_   ND_ITEMS2_, ND_ITEM_(2)
#define ND_ITEMS4_   ND_ITEMS3_, ND_ITEM_(3)
#define ND_ITEMS5_   ND_ITEMS4_, ND_ITEM_(4)
#define ND_ITEMS6_   ND_ITEMS5_, ND_ITEM_(5)
#define ND_ITEMS7_   ND_ITEMS6_, ND_ITEM_(6)
#define ND_ITEMS8_   ND_ITEMS7_, ND_ITEM_(7)
#define ND_ITEMS_(...)                                                                             \
    ND_PICK_(__VA_ARGS__, ND_ITEMS8_, ND_ITEMS7_, ND_ITEMS6_, ND_ITEMS5_, ND_ITEMS4_, ND_ITEMS3_,  \
             ND_ITEMS2_, ND_ITEMS1_, 0)

/* No product and sum become one rounding. */
#if defined(__clang__)
#define ND_EXACT_
#define ND_EXACT_HERE_ _Pragma("clang fp contract(off)")
#else
#define ND_EXACT_ __attribute__((optimize("fp-contract=off")))
#define ND_EXACT_HERE_
#endif
#define ND_NAME1_(name) double (*const name)(double) TSR_UNUSED = nd_math_##name##_;
#define ND_NAME2_(name) double (*const name)(double, double) TSR_UNUSED = nd_math_##name##_;

/* Define a formula, where functions are defined.  params: (a, b); then the body in braces. */
#define ND_FORMULA(fn, params, ...)                                                              \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"")                  \
    ND_EXACT_ static inline double fn(ND_EACH_(ND_PARAM_, ND_UNPAREN_ params))                   \
    {                                                                                              \
        ND_EXACT_HERE_                                                                             \
        ND_MATH_MAP_1(ND_NAME1_)                                                                   \
        ND_MATH_MAP_2(ND_NAME2_)                                                                   \
        __VA_ARGS__                                                                                \
    }                                                                                              \
    _Pragma("GCC diagnostic pop")                                                                  \
    ND_EXACT_ static void fn##_loop_(double *out_, int64_t out_step_, const double *const *in_,  \
                                       const int64_t *step_, int64_t n_)                           \
    {                                                                                              \
        for (int64_t i_ = 0; i_ < n_; ++i_)                                                        \
            out_[i_ * out_step_] = fn(ND_ITEMS_ params);                                         \
    }                                                                                              \
    static nd_formula fn##_formula_;                                                             \
    static tsr_status fn##_body_(const tsr_task_context *t_)                                     \
    {                                                                                              \
        return nd_formula_run_(t_, &fn##_formula_);                                              \
    }                                                                                              \
    static const tsr_task_desc fn##_task_ = {                                                    \
        .name = #fn,                                                                             \
        .args = {{TSR_WRITE, TSR_F64, .name = "out"}, ND_EACH_(ND_ARG_, ND_UNPAREN_ params)},      \
        .constraints = {ND_ALIGN_ params},                                                         \
        .variants = {[TSR_CPU] = {.body = fn##_body_}},                                          \
        .pure = true,                                                                              \
        .work = 20,                                                                                \
    };                                                                                             \
    static nd_formula fn##_formula_ = {#fn,        #params,       #__VA_ARGS__, __FILE__,      \
                                         ND_COUNT_ params, &fn##_task_, fn##_loop_, NULL};     \
    __attribute__((constructor)) static void fn##_register_(void)                                \
    {                                                                                              \
        nd_formula_register_(&fn##_formula_);                                                    \
    }                                                                                              \
    __attribute__((destructor)) static void fn##_unregister_(void)                               \
    {                                                                                              \
        nd_formula_unregister_(&fn##_formula_);                                                  \
    }

/* nd_map(call_price, spot, strike, 0.02): as nd_map_. */
#define nd_map(name, ...)                                                                          \
    nd_map_(&name##_formula_, (const nd_operand[]){ND_EACH_(ND_OPERAND, __VA_ARGS__)},             \
            ND_COUNT_(__VA_ARGS__), TSR_HERE)
#endif

#ifdef __cplusplus
}
#endif
#endif
