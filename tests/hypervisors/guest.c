// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright: (c) 2026, stackops.aggregates contributors
/* The whole user space of the test guest: /init of its initramfs.
 *
 * Prints "HB <n> <monotonic us>\n" on the console every 10 ms, and keeps some
 * memory dirty, so that a live migration has something to do.
 * Kernel command line: hb.ms=10 hb.dirty_mb=16 hb.dirty_ms=100 hb.fill_mb=64 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static char cmdline[4096];

static long option(const char *name, long fallback)
{
	char *at = strstr(cmdline, name);
	return at ? atol(at + strlen(name)) : fallback;
}

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

int main(void)
{
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, 0);
	mount("dev", "/dev", "devtmpfs", 0, 0);
	int fd = open("/proc/cmdline", O_RDONLY);
	if (fd >= 0) {
		if (read(fd, cmdline, sizeof cmdline - 1) < 0)
			cmdline[0] = 0;
		close(fd);
	}
	int out = open("/dev/ttyS0", O_WRONLY | O_NOCTTY);
	if (out < 0)
		out = open("/dev/console", O_WRONLY | O_NOCTTY);
	long ms = option("hb.ms=", 10), dirty = option("hb.dirty_mb=", 0) << 20;
	long dirty_ms = option("hb.dirty_ms=", 100), fill = option("hb.fill_mb=", 0) << 20;
	if (fill < dirty)
		fill = dirty;
	uint64_t *mem = 0, seed = 88172645463325252ull;
	if (fill) {
		mem = mmap(0, fill, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (long i = 0; i < fill / 8; i++) {	/* not compressible, not zero */
			seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
			mem[i] = seed;
		}
	}
	char line[96];
	int len = snprintf(line, sizeof line, "\nHEARTBEAT every %ld ms, %ld MB filled, %ld MB dirtied\n",
			   ms, fill >> 20, dirty >> 20);
	if (write(out, line, len) < 0)
		return 1;
	uint64_t last = 0;
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t n = 0;; n++) {
		len = snprintf(line, sizeof line, "HB %llu %llu\n", (unsigned long long)n,
			       (unsigned long long)now_us());
		if (write(out, line, len) < 0)
			pause();
		if (dirty && n * ms % dirty_ms < (uint64_t)ms)
		{
			long bad = 0;	/* a page that came through a migration out of date */
			for (long i = 0; i < dirty; i += 4096) {
				bad += last && mem[i / 8] != last;
				mem[i / 8] = n + 1;
			}
			last = n + 1;
			if (bad) {
				len = snprintf(line, sizeof line, "STALE PAGES %ld\n", bad);
				if (write(out, line, len) < 0)
					pause();
			}
		}
		next.tv_nsec += ms * 1000000;
		while (next.tv_nsec >= 1000000000)
			next.tv_nsec -= 1000000000, next.tv_sec++;
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		if (t.tv_sec > next.tv_sec || (t.tv_sec == next.tv_sec && t.tv_nsec > next.tv_nsec))
			next = t;		/* late: do not catch up in a burst */
		else
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0);
	}
}
