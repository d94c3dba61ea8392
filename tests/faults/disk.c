/* A disk that fails on demand: preloaded into a command, it counts what is written beneath one folder.
 *
 * KHOCONG_DISK_FOLDER  the folder, as realpath(3) gives it; what lies elsewhere is left alone
 * KHOCONG_DISK_COUNT   a file of eight bytes: the operations so far, shared by all processes of a run
 * KHOCONG_DISK_AT      at this operation, counted from 1, it happens (0: never)
 * KHOCONG_DISK_FAULT   what happens:
 *     kill   the process is killed in the middle of the operation; a write has put down a part
 *     lose   the machine loses power: what no fsync brought to the disk is gone, files made, renamed and
 *            removed since the last fsync of their folder are as before; with an odd KHOCONG_DISK_SEED
 *            some of the unsynced writes have reached the disk, in no order
 *     full   no space is left from here on          full1  no space is left for this operation
 *     io     EIO from here on                       io1    EIO for this operation
 *     read1  EIO for this read (reads are counted instead)
 *     readonly  EROFS from here on
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096
#define REAL(type, name, ...) static type (*name##_)(__VA_ARGS__)
REAL(int, open, const char *, int, ...);
REAL(int, openat, int, const char *, int, ...);
REAL(int, close, int);
REAL(ssize_t, write, int, const void *, size_t);
REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
REAL(ssize_t, read, int, void *, size_t);
REAL(ssize_t, pread, int, void *, size_t, off_t);
REAL(int, ftruncate, int, off_t);
REAL(int, fsync, int);
REAL(int, rename, const char *, const char *);
REAL(int, unlink, const char *);
REAL(int, unlinkat, int, const char *, int);

/* What is not on the disk yet. Data first, in the order of the writes; then names. */
struct data { struct data *before; dev_t dev; ino_t ino; int fd; off_t at, size;
              size_t old_n, new_n; char *old_b, *new_b; };
struct name { struct name *before; char kind; int synced; char *one, *two, *kept; };
static struct data *datas;
static struct name *names;
static char tracked[FDS], folder[PATH_MAX], spare[PATH_MAX];
static volatile long *counter;
static long at_op, kept_n;
static const char *fault = "";
static unsigned seed;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

void khocong_disk_begin(void);
__attribute__((constructor)) static void begin(void) {
    open_ = dlsym(RTLD_NEXT, "open64"); openat_ = dlsym(RTLD_NEXT, "openat64");
    close_ = dlsym(RTLD_NEXT, "close"); write_ = dlsym(RTLD_NEXT, "write");
    pwrite_ = dlsym(RTLD_NEXT, "pwrite64"); read_ = dlsym(RTLD_NEXT, "read");
    pread_ = dlsym(RTLD_NEXT, "pread64"); ftruncate_ = dlsym(RTLD_NEXT, "ftruncate64");
    fsync_ = dlsym(RTLD_NEXT, "fsync"); rename_ = dlsym(RTLD_NEXT, "rename");
    unlink_ = dlsym(RTLD_NEXT, "unlink"); unlinkat_ = dlsym(RTLD_NEXT, "unlinkat");
    khocong_disk_begin();
}

/* Read what is asked for: at the start, and again in a process that was forked and given another task. */
void khocong_disk_begin(void) {
    counter = NULL; *folder = 0; datas = NULL; names = NULL;
    const char *of = getenv("KHOCONG_DISK_FOLDER"), *count = getenv("KHOCONG_DISK_COUNT");
    if (!of || !count) return;
    snprintf(folder, sizeof folder, "%s", of);
    snprintf(spare, sizeof spare, "%s", count);
    fault = getenv("KHOCONG_DISK_FAULT") ? getenv("KHOCONG_DISK_FAULT") : "";
    at_op = getenv("KHOCONG_DISK_AT") ? atol(getenv("KHOCONG_DISK_AT")) : 0;
    seed = getenv("KHOCONG_DISK_SEED") ? (unsigned)atol(getenv("KHOCONG_DISK_SEED")) : 0;
    int fd = open_(count, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    if (ftruncate_(fd, 8) == 0) counter = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close_(fd);
    if (counter == MAP_FAILED) counter = NULL;
}

static int is(const char *name) { return strcmp(fault, name) == 0; }
static int inside(const char *path) {
    size_t n = strlen(folder), m = strlen(path);
    if (!counter || !n || strncmp(path, folder, n) || (path[n] && path[n] != '/')) return 0;
    return !(m > 4 && strcmp(path + m - 4, "-shm") == 0);  /* memory that SQLite makes anew */
}
static int whole(const char *path, char *to) {
    char part[PATH_MAX], parent[PATH_MAX];
    if (!path) return 0;
    snprintf(part, sizeof part, "%s", path);
    char *slash = strrchr(part, '/');
    if (slash) *slash = 0;
    if (!realpath(slash ? (*part ? part : "/") : ".", parent)) return 0;
    if (strlen(parent) + strlen(path) + 2 > PATH_MAX) return 0;
    strcpy(to, parent); strcat(to, "/"); strcat(to, slash ? slash + 1 : part);
    return inside(to);
}
static void follow(int fd) {
    char link[64], path[PATH_MAX];
    if (fd < 0 || fd >= FDS || !counter) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    tracked[fd] = inside(path);
}
static int mine(int fd) { return counter && fd >= 0 && fd < FDS && tracked[fd]; }

/* The machine loses power: everything back to what was synced, then some of the rest, in no order. */
static void lose(void) {
    for (struct data *one = datas; one; one = one->before)
        if ((one->old_n && pwrite_(one->fd, one->old_b, one->old_n, one->at) < 0)
            || ftruncate_(one->fd, one->size)) _exit(99);
    struct data *first = NULL;
    for (struct data *one = datas, *next; one; one = next) {
        next = one->before; one->before = first; first = one;
    }
    if (seed % 2)
        for (struct data *one = first; one; one = one->before)
            if (one->new_n && rand_r(&seed) % 2)
                if (pwrite_(one->fd, one->new_b, one->new_n, one->at) < 0) _exit(99);
    for (struct name *one = names; one; one = one->before) {
        if (one->synced) continue;
        if (one->kind == 'c') unlink_(one->one);
        if (one->kind == 'r') rename_(one->two, one->one);
        if (one->kept && link(one->kept, one->kind == 'r' ? one->two : one->one)) {}
    }
}
static void die(void) { if (is("lose")) lose(); kill(getpid(), SIGKILL); for (;;) pause(); }

/* Count an operation; return 0 to let it happen, an errno, or -1 to die in it. */
static int step(int reading) {
    if (reading != is("read1")) return 0;
    long n = __sync_add_and_fetch(counter, 1);
    if (!at_op || n < at_op) return 0;
    if (is("kill") || is("lose")) return n == at_op ? -1 : 0;
    if (is("full") || (is("full1") && n == at_op)) return ENOSPC;
    if (is("io") || ((is("io1") || is("read1")) && n == at_op)) return EIO;
    return is("readonly") ? EROFS : 0;
}
/* Return a handle of a file for reading and writing, the same one each time, that is never closed: closing
 * any handle of a file would drop the locks that SQLite holds on it. */
static int handle(int fd, const struct stat *of) {
    static struct file { struct file *before; dev_t dev; ino_t ino; int fd; } *files;
    char link[64];
    for (struct file *one = files; one; one = one->before)
        if (one->ino == of->st_ino && one->dev == of->st_dev) return one->fd;
    struct file *new = calloc(1, sizeof *new);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    new->dev = of->st_dev; new->ino = of->st_ino; new->fd = open_(link, O_RDWR | O_CLOEXEC);
    new->before = files; files = new;
    return new->fd;
}
static void remember(int fd, off_t at, const void *bytes, size_t n, off_t cut) {
    struct stat now;
    if (!is("lose") || fstat(fd, &now)) return;
    struct data *one = calloc(1, sizeof *one);
    one->dev = now.st_dev; one->ino = now.st_ino; one->at = at; one->size = now.st_size;
    one->fd = handle(fd, &now);
    off_t end = cut >= 0 ? now.st_size : at + (off_t)n;
    if (end > now.st_size) end = now.st_size;
    if (end > at) {
        one->old_b = malloc(end - at);
        ssize_t got = pread_(one->fd, one->old_b, end - at, at);
        one->old_n = got > 0 ? got : 0;
    }
    if (cut < 0) { one->new_b = malloc(n); memcpy(one->new_b, bytes, n); one->new_n = n; }
    one->before = datas; datas = one;
}
static void named(char kind, const char *one, const char *two, const char *lost) {
    struct stat now;
    if (!is("lose")) return;
    struct name *new = calloc(1, sizeof *new);
    new->kind = kind; new->one = strdup(one); new->two = two ? strdup(two) : NULL;
    if (lost && stat(lost, &now) == 0) {
        char kept[PATH_MAX + 32];
        snprintf(kept, sizeof kept, "%s.%d.%ld", spare, getpid(), ++kept_n);
        if (link(lost, kept) == 0) new->kept = strdup(kept);
    }
    new->before = names; names = new;
}
static void synced(int fd) {
    struct stat now;
    char link[64], path[PATH_MAX];
    if (!is("lose") || fstat(fd, &now)) return;
    if (!S_ISDIR(now.st_mode)) {
        for (struct data **at = &datas, *one; (one = *at);) {
            if (one->ino != now.st_ino || one->dev != now.st_dev) { at = &one->before; continue; }
            *at = one->before;
            free(one->old_b); free(one->new_b); free(one);
        }
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    for (struct name *one = names; one; one = one->before) {
        const char *of = one->two ? one->two : one->one, *slash = strrchr(of, '/');
        if (slash && (size_t)(slash - of) == strlen(path) && !strncmp(of, path, slash - of)) one->synced = 1;
    }
}
#define LOCKED(body) pthread_mutex_lock(&guard); body; pthread_mutex_unlock(&guard)
#define STEP(partly)                                                     \
    int wrong = step(0);                                                 \
    if (wrong < 0) { partly; die(); }                                    \
    if (wrong > 0) { pthread_mutex_unlock(&guard); errno = wrong; return -1; }

static int opened(const char *path, int flags, int fd, int fresh, const char *full) {
    if (fd >= 0 && fd < FDS) { tracked[fd] = 0; follow(fd); }
    if (fd >= 0 && fresh) { LOCKED(named('c', full, NULL, NULL)); }
    (void)path; (void)flags;
    return fd;
}
static int about_to_make(const char *path, int flags, char *full) {
    struct stat now;
    return (flags & O_CREAT) && whole(path, full) && stat(full, &now);
}
#define OPEN(name)                                                                                        \
int name(const char *path, int flags, ...) {                                                              \
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest);                      \
    char full[PATH_MAX];                                                                                  \
    int fresh = about_to_make(path, flags, full);                                                         \
    if (fresh) { int wrong = step(0); if (wrong < 0) { LOCKED(die()); } if (wrong > 0) { errno = wrong; return -1; } } \
    return opened(path, flags, open_(path, flags, mode), fresh, full);                                    \
}
OPEN(open)
OPEN(open64)
#define OPENAT(name)                                                                                      \
int name(int at, const char *path, int flags, ...) {                                                      \
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest);                      \
    return opened(path, flags, openat_(at, path, flags, mode), 0, "");                                    \
}
OPENAT(openat)
OPENAT(openat64)
int close(int fd) { if (fd >= 0 && fd < FDS) tracked[fd] = 0; return close_(fd); }

ssize_t write(int fd, const void *bytes, size_t n) {
    if (!mine(fd)) return write_(fd, bytes, n);
    struct stat now;
    pthread_mutex_lock(&guard);
    off_t at = lseek(fd, 0, SEEK_CUR);
    if ((fcntl(fd, F_GETFL) & O_APPEND) && !fstat(fd, &now)) at = now.st_size;
    size_t part = n ? (seed + n) % n : 0;
    STEP(remember(fd, at, bytes, part, -1); if (part && write_(fd, bytes, part) < 0) {});
    remember(fd, at, bytes, n, -1);
    ssize_t done = write_(fd, bytes, n);
    pthread_mutex_unlock(&guard);
    return done;
}
static ssize_t put(int fd, const void *bytes, size_t n, off_t at) {
    if (!mine(fd)) return pwrite_(fd, bytes, n, at);
    pthread_mutex_lock(&guard);
    size_t part = n ? (seed + n) % n : 0;
    STEP(remember(fd, at, bytes, part, -1); if (part && pwrite_(fd, bytes, part, at) < 0) {});
    remember(fd, at, bytes, n, -1);
    ssize_t done = pwrite_(fd, bytes, n, at);
    pthread_mutex_unlock(&guard);
    return done;
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return put(fd, bytes, n, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at) { return put(fd, bytes, n, at); }
static int cut(int fd, off_t size) {
    if (!mine(fd)) return ftruncate_(fd, size);
    pthread_mutex_lock(&guard);
    STEP((void)0);
    remember(fd, size, NULL, 0, size);
    int done = ftruncate_(fd, size);
    pthread_mutex_unlock(&guard);
    return done;
}
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off_t size) { return cut(fd, size); }
static int flush(int fd) {
    follow(fd);
    if (!mine(fd)) return fsync_(fd);
    pthread_mutex_lock(&guard);
    STEP((void)0);
    synced(fd);
    pthread_mutex_unlock(&guard);
    return 0;  /* the machine itself does not fail here, and waiting for it would only take time */
}
int fsync(int fd) { return flush(fd); }
int fdatasync(int fd) { return flush(fd); }
int rename(const char *from, const char *to) {
    char one[PATH_MAX], two[PATH_MAX];
    if (!whole(from, one) || !whole(to, two)) return rename_(from, to);
    pthread_mutex_lock(&guard);
    STEP((void)0);
    named('r', one, two, two);
    int done = rename_(from, to);
    pthread_mutex_unlock(&guard);
    return done;
}
int unlink(const char *path) {
    char full[PATH_MAX];
    if (!whole(path, full)) return unlink_(path);
    pthread_mutex_lock(&guard);
    STEP((void)0);
    named('u', full, NULL, full);
    int done = unlink_(path);
    pthread_mutex_unlock(&guard);
    return done;
}
static int reading(int fd) {
    if (!mine(fd) || !is("read1")) return 0;
    return step(1);
}
ssize_t read(int fd, void *bytes, size_t n) {
    int wrong = reading(fd);
    if (wrong) { errno = wrong; return -1; }
    return read_(fd, bytes, n);
}
static ssize_t get(int fd, void *bytes, size_t n, off_t at) {
    int wrong = reading(fd);
    if (wrong) { errno = wrong; return -1; }
    return pread_(fd, bytes, n, at);
}
ssize_t pread(int fd, void *bytes, size_t n, off_t at) { return get(fd, bytes, n, at); }
ssize_t pread64(int fd, void *bytes, size_t n, off_t at) { return get(fd, bytes, n, at); }
ssize_t sendfile(int out, int in, off_t *at, size_t n) { (void)out; (void)in; (void)at; (void)n; errno = ENOSYS; return -1; }
ssize_t sendfile64(int out, int in, off_t *at, size_t n) { return sendfile(out, in, at, n); }
ssize_t copy_file_range(int in, off_t *a, int out, off_t *b, size_t n, unsigned f)
    { (void)in; (void)a; (void)out; (void)b; (void)n; (void)f; errno = ENOSYS; return -1; }
