/* What a disk can do to a program, at its N-th call: preloaded, see tests/faults.py.
 *
 * Counts every call of this process that changes what lies beneath one folder, whoever makes
 * it: Python, SQLite or faiss. At the chosen one the process is killed, or the call fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTHING, KILL, FAIL_ONCE, FAIL_ON };

static char root[PATH_MAX];
static long chosen;
static int fault, code;
/* Shared with the process that forked this one, which reads it when this one is dead. */
static struct { long count; char call[300]; } *seen;

__attribute__((constructor)) static void start(void)
{
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void faults_arm(const char *folder, long at, int what, int number)
{
    seen->count = 0;
    seen->call[0] = 0;
    chosen = at;
    fault = what;
    code = number;
    snprintf(root, sizeof root, "%s/", folder);
}

long faults_count(void) { return seen->count; }
const char *faults_call(void) { return seen->call; }

static int beneath(const char *path) { return root[0] && !strncmp(path, root, strlen(root)); }

static int is_beneath(int descriptor, char *path)
{
    char link[64];
    if (!root[0])
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return beneath(path);
}

/* 1 where this call is the one; `frees` says that it needs no space, and so finds some. */
static int strikes(const char *name, const char *path, int frees)
{
    long number = __atomic_add_fetch(&seen->count, 1, __ATOMIC_SEQ_CST);
    int hit = number == chosen || (fault == FAIL_ON && chosen && number > chosen);
    if (!hit || fault == NOTHING || (frees && code == ENOSPC && fault != KILL))
        return 0;
    if (!seen->call[0])
        snprintf(seen->call, sizeof seen->call, "%s %s", name, path + strlen(root));
    return 1;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define STRIKE(name, path, frees)             \
    if (strikes(name, path, frees)) {         \
        if (fault == KILL)                    \
            die();                            \
        errno = code;                         \
        return -1;                            \
    }

/* A write is torn: half of it is done, and then the process dies or the disk is full. */
ssize_t write(int descriptor, const void *body, size_t size)
{
    char path[PATH_MAX];
    if (is_beneath(descriptor, path) && strikes("write", path, 0)) {
        if (size > 1)
            REAL(write)(descriptor, body, size / 2);
        if (fault == KILL)
            die();
        errno = code;
        return -1;
    }
    return REAL(write)(descriptor, body, size);
}

#define PWRITE(name, type)                                                      \
    ssize_t name(int descriptor, const void *body, size_t size, type offset)    \
    {                                                                           \
        char path[PATH_MAX];                                                    \
        if (is_beneath(descriptor, path) && strikes("pwrite", path, 0)) {       \
            if (size > 1)                                                       \
                REAL(name)(descriptor, body, size / 2, offset);                 \
            if (fault == KILL)                                                  \
                die();                                                          \
            errno = code;                                                       \
            return -1;                                                          \
        }                                                                       \
        return REAL(name)(descriptor, body, size, offset);                      \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define ON_FILE(name, arguments, passed)              \
    int name arguments                                \
    {                                                 \
        char path[PATH_MAX];                          \
        if (is_beneath(descriptor, path))             \
            STRIKE(#name, path, 0)                    \
        return REAL(name) passed;                     \
    }
ON_FILE(fsync, (int descriptor), (descriptor))
ON_FILE(fdatasync, (int descriptor), (descriptor))
ON_FILE(ftruncate, (int descriptor, off_t size), (descriptor, size))
ON_FILE(ftruncate64, (int descriptor, off64_t size), (descriptor, size))

#define ON_PATH(name, arguments, passed, path, frees) \
    int name arguments                                \
    {                                                 \
        if (beneath(path))                            \
            STRIKE(#name, path, frees)                \
        return REAL(name) passed;                     \
    }
ON_PATH(rename, (const char *from, const char *to), (from, to), to, 0)
ON_PATH(symlink, (const char *to, const char *path), (to, path), path, 0)
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode), path, 0)
ON_PATH(unlink, (const char *path), (path), path, 1)
ON_PATH(rmdir, (const char *path), (path), path, 1)

int unlinkat(int folder, const char *name, int flags)
{
    char path[PATH_MAX];
    if (name[0] == '/' ? beneath(name) : is_beneath(folder, path))
        STRIKE("unlinkat", name[0] == '/' ? name : path, 1)
    return REAL(unlinkat)(folder, name, flags);
}

#define OPEN(name)                                                        \
    int name(const char *path, int flags, ...)                            \
    {                                                                     \
        va_list more;                                                     \
        va_start(more, flags);                                            \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                     \
        if ((flags & O_CREAT) && beneath(path))                           \
            STRIKE("open", path, 0)                                       \
        return REAL(name)(path, flags, mode);                             \
    }
OPEN(open)
OPEN(open64)
