/* A PCA9685 behind an I2C bus that does not exist: preloaded, it answers for the device file $FAKE_I2C_BUS.
 *
 * The chip is a file of 256 registers, $FAKE_I2C_CHIP, which outlives a program as a chip does; without the file nobody
 * answers. Each transaction takes the time that it takes at 100 kHz and leaves a line in $FAKE_I2C_LOG: seconds, then the
 * pulse of each output in microseconds, `-` for none. With $FAKE_CLOCK_JUMPS the time of day jumps by two hours at each look,
 * there and back. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MODE1 = 0x00, OUTPUT_0 = 0x06, PRESCALE = 0xfe, COUNTS_UP = 0x20, ASLEEP = 0x10, OFF = 0x10, ADDRESS = 0x40 };

static int bus = -1;

static int is_bus(const char *path)
{
    const char *name = getenv("FAKE_I2C_BUS");
    return name && strcmp(path, name) == 0;
}

int open64(const char *path, int flags, ...)
{
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    if (!is_bus(path))
        return real(path, flags, mode);
    return bus = real(getenv("FAKE_I2C_CHIP"), O_RDWR | O_CLOEXEC);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    static int looks;
    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    int outcome = real(clock, now);
    if (clock == CLOCK_REALTIME && getenv("FAKE_CLOCK_JUMPS"))
        now->tv_sec += looks++ % 2 ? 3600 : -3600;
    return outcome;
}

static void note(const unsigned char *chip)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    FILE *log = fopen(getenv("FAKE_I2C_LOG"), "a");
    fprintf(log, "%.4f", now.tv_sec + now.tv_nsec * 1e-9);
    for (int output = 0; output < 16; output++) {
        const unsigned char *end = chip + OUTPUT_0 + 4 * output + 2;
        if ((chip[MODE1] & ASLEEP) || (end[1] & OFF))
            fprintf(log, " -");
        else
            fprintf(log, " %.1f", (end[0] + 256 * (end[1] & 15)) * (chip[PRESCALE] + 1) / 25.0);
    }
    fprintf(log, "\n");
    fclose(log);
}

static int transfer(int fd, struct i2c_rdwr_ioctl_data *data)
{
    static unsigned char at;
    unsigned char chip[256];
    struct stat status;
    if (fstat(fd, &status) || status.st_nlink == 0 || pread(fd, chip, 256, 0) != 256 || data->msgs[0].addr != ADDRESS) {
        errno = EREMOTEIO;
        return -1;
    }
    int bytes = 0;
    for (unsigned n = 0; n < data->nmsgs; n++) {
        struct i2c_msg *message = &data->msgs[n];
        int step = chip[MODE1] & COUNTS_UP ? 1 : 0;
        bytes += 1 + message->len;
        if (message->flags & I2C_M_RD) {
            for (int i = 0; i < message->len; i++, at += step)
                message->buf[i] = chip[at];
            continue;
        }
        at = message->buf[0];
        for (int i = 1; i < message->len; i++, at += step)
            if (at != PRESCALE || (chip[MODE1] & ASLEEP))
                chip[at] = message->buf[i];
    }
    usleep(bytes * 90);
    pwrite(fd, chip, 256, 0);
    note(chip);
    return data->nmsgs;
}

int ioctl(int fd, unsigned long request, ...)
{
    int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (fd < 0 || fd != bus)
        return real(fd, request, argument);
    return request == I2C_RDWR ? transfer(fd, argument) : 0;
}
