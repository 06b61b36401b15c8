/*
 * As much of Android's C library, over glibc, as TensorFlow Lite's libraries of an APK need to run on Linux: the x86-64
 * one in a JVM of this machine, the arm64 one in qemu. For tests alone. Built once for each of libc.so, libm.so,
 * libdl.so and liblog.so, which they ask for.
 *
 * Most functions are the same on both sides (the kernel's interface is one, and locks and conditions are as large): a
 * jump through a table, filled from glibc by name as the library is loaded. What differs is written out below.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAME(each) \
  each(__cxa_atexit) each(__cxa_finalize) each(__memmove_chk) each(__open_2) each(__read_chk) each(__stack_chk_fail) \
  each(__vsnprintf_chk) each(abort) each(atan2) each(atan2f) each(bsearch) each(calloc) each(clock_gettime) \
  each(close) each(closelog) each(cos) each(cosf) each(dl_iterate_phdr) each(dlclose) each(dlerror) each(dlopen) \
  each(dlsym) each(erfcf) each(exit) each(exp) each(expf) each(expm1f) each(flock) each(fmodf) each(fopen) \
  each(fread) each(free) each(freelocale) each(frexp) each(fstat) each(fsync) each(getauxval) each(getenv) \
  each(getpagesize) each(getuid) each(hypot) each(hypotf) each(ldexp) each(log) each(log1p) each(logf) each(madvise) \
  each(malloc) each(memalign) each(memchr) each(memcmp) each(memcpy) each(memmove) each(memset) each(mmap) \
  each(mprotect) each(mremap) each(munmap) each(nanf) each(nanosleep) each(open) each(openlog) each(posix_memalign) \
  each(pow) each(powf) each(pthread_cond_broadcast) each(pthread_cond_destroy) each(pthread_cond_init) \
  each(pthread_cond_signal) each(pthread_cond_wait) each(pthread_create) each(pthread_equal) \
  each(pthread_getspecific) each(pthread_join) each(pthread_key_create) each(pthread_key_delete) \
  each(pthread_mutex_destroy) each(pthread_mutex_lock) each(pthread_mutex_unlock) each(pthread_once) \
  each(pthread_rwlock_rdlock) each(pthread_rwlock_unlock) each(pthread_rwlock_wrlock) each(pthread_self) \
  each(pthread_setspecific) each(qsort) each(read) each(realloc) each(rename) each(sincos) each(sincosf) each(sinf) \
  each(snprintf) each(strcmp) each(strerror) each(strlen) each(strncmp) each(strncpy) each(strnlen) each(strtod) \
  each(strtol) each(strtoll_l) each(strtoull_l) each(syscall) each(syslog) each(tanhf) each(time) each(vasprintf) \
  each(vsnprintf) each(write)

#define DIFFERENT(each) \
  each(__errno) each(__sF) each(__strlen_chk) each(__system_property_get) each(android_set_abort_message) \
  each(fclose) each(fflush) each(fileno) each(fprintf) each(fputc) each(fwrite) each(newlocale) \
  each(pthread_mutex_init) each(strerror_r) each(sysconf) each(vfprintf)

/* Versions with one @ are found by who asks for them by name, as Android's libraries do, and by nobody else. */
#define EXPORT(name) __asm__(".symver bionic_" #name ", " #name "@LIBC");
#ifdef __aarch64__
#define GO(name) "adrp x16, glibc_" #name "\nldr x16, [x16, #:lo12:glibc_" #name "]\nbr x16\n"
#else
#define GO(name) "jmp *glibc_" #name "(%rip)\n"
#endif
#define JUMP(name) \
  void *glibc_##name; \
  __asm__(".text\n.globl bionic_" #name "\n.type bionic_" #name ", %function\nbionic_" #name ":\n" GO(name));
#define FILL(name) {#name, &glibc_##name},

SAME(JUMP)
SAME(EXPORT)
DIFFERENT(EXPORT)

static const struct {
  const char *name;
  void **place;
} table[] = {SAME(FILL)};

__attribute__((constructor)) static void fill(void) {
  void *libm = dlopen("libm.so.6", RTLD_NOW);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    void *found = dlsym(RTLD_DEFAULT, table[i].name);
    *table[i].place = found ? found : dlsym(libm, table[i].name);
    if (!*table[i].place) {
      fprintf(stderr, "no %s here\n", table[i].name);
      abort();
    }
  }
}

/* stdin, stdout and stderr are places in an array there. */
#define FILE_BYTES 152
char bionic___sF[3 * FILE_BYTES];

static FILE *stream(void *file) {
  FILE *standard[] = {stdin, stdout, stderr};
  size_t offset = (char *)file - bionic___sF;
  return offset < sizeof bionic___sF ? standard[offset / FILE_BYTES] : file;
}

int bionic_fclose(void *file) { return fclose(stream(file)); }
int bionic_fflush(void *file) { return fflush(file ? stream(file) : NULL); }
int bionic_fileno(void *file) { return fileno(stream(file)); }
int bionic_fputc(int c, void *file) { return fputc(c, stream(file)); }
int bionic_vfprintf(void *file, const char *format, va_list values) { return vfprintf(stream(file), format, values); }
size_t bionic_fwrite(const void *data, size_t size, size_t count, void *file) {
  return fwrite(data, size, count, stream(file));
}
int bionic_fprintf(void *file, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int written = vfprintf(stream(file), format, values);
  va_end(values);
  return written;
}

/* 40 bytes there, as many as glibc uses, which clears 48 on arm64; nobody asks for one of another kind. */
int bionic_pthread_mutex_init(void *mutex, const void *kind) {
  if (kind) abort();
  return memset(mutex, 0, 40), 0;
}

int *bionic___errno(void) { return &errno; }
size_t bionic___strlen_chk(const char *text, size_t bound) { return strnlen(text, bound); }
void bionic_android_set_abort_message(const char *message) { fprintf(stderr, "%s\n", message); }
int bionic___system_property_get(const char *name, char *value) { return (void)name, *value = 0; }
void *bionic_newlocale(int mask, const char *name, void *base) {
  return (void)mask, (void)name, (void)base, (void *)newlocale(LC_ALL_MASK, "C", (locale_t)0);
}
int bionic_strerror_r(int number, char *text, size_t size) { return snprintf(text, size, "%s", strerror(number)), 0; }
long bionic_sysconf(int name) {
  switch (name) {
    case 39: case 40: return sysconf(_SC_PAGESIZE);
    case 96: return sysconf(_SC_NPROCESSORS_CONF);
    case 97: return sysconf(_SC_NPROCESSORS_ONLN);
    case 98: return sysconf(_SC_PHYS_PAGES);
    default: return -1;
  }
}
int __android_log_vprint(int priority, const char *tag, const char *format, va_list values) {
  return fprintf(stderr, "%d %s: ", priority, tag) + vfprintf(stderr, format, values) + fprintf(stderr, "\n");
}
