/* Keeps DEPTH Reads of SIZE bytes under way on a connected NVMe/TCP I/O queue.
 *   load FD SIZE DEPTH SECONDS BLOCKS   (prints commands per second and the median latency in us)
 * Data and completion of a command have to come together: then every answer has the same size. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COMMAND = 72, HEADER = 24, MOST = 128, SAMPLES = 1 << 22, BLOCK = 512 };

static double began[MOST];
static float samples[SAMPLES];
static unsigned char out[MOST * COMMAND];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void put32(unsigned char *at, uint32_t value)
{
    memcpy(at, &value, 4);
}

static void command(unsigned char *at, unsigned id, uint32_t size, uint32_t blocks)
{
    memset(at, 0, COMMAND);
    at[0] = 4, at[2] = COMMAND, at[4] = COMMAND; /* a command capsule */
    at[8] = 2, at[9] = 0x40, at[10] = (unsigned char)id;
    at[12] = 1; /* namespace */
    put32(at + 40, size);
    at[47] = 0x5A;
    uint32_t per = size / BLOCK;
    put32(at + 48, (uint32_t)(random() % (blocks / per)) * per);
    put32(at + 56, per - 1);
}

static void send_all(int fd, const unsigned char *data, size_t size)
{
    while (size) {
        ssize_t sent = write(fd, data, size);
        if (sent <= 0)
            exit(3);
        data += sent;
        size -= (size_t)sent;
    }
}

static int ascending(const void *a, const void *b)
{
    float one = *(const float *)a, other = *(const float *)b;
    return (one > other) - (one < other);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    int fd = atoi(argv[1]), depth = atoi(argv[3]);
    uint32_t size = (uint32_t)atol(argv[2]), blocks = (uint32_t)atol(argv[5]);
    size_t unit = HEADER + size + HEADER, have = 0, room = unit * (size_t)depth, done = 0;
    unsigned char *in = malloc(room);
    if (!in || depth > MOST || depth < 1)
        return 2;
    double start = now(), end = start + atof(argv[4]), time = start;
    for (int id = 0; id < depth; id++) {
        command(out + id * COMMAND, (unsigned)id, size, blocks);
        began[id] = start;
    }
    send_all(fd, out, (size_t)depth * COMMAND);
    while (time < end) {
        ssize_t got = read(fd, in + have, room - have);
        if (got <= 0)
            return 3;
        have += (size_t)got;
        size_t count = have / unit;
        time = now();
        for (size_t n = 0; n < count; n++) {
            unsigned char *answer = in + n * unit;
            unsigned id = answer[8];
            uint16_t status;
            memcpy(&status, answer + unit - 2, 2);
            if (answer[0] != 7 || status || id >= (unsigned)depth)
                return 4;
            samples[done++ % SAMPLES] = (float)(time - began[id]);
            command(out + n * COMMAND, id, size, blocks);
            began[id] = time;
        }
        send_all(fd, out, count * COMMAND);
        have -= count * unit;
        memmove(in, in + count * unit, have);
    }
    size_t kept = done < SAMPLES ? done : SAMPLES;
    qsort(samples, kept, sizeof *samples, ascending);
    printf("%.1f %.2f\n", (double)done / (time - start), samples[kept / 2] * 1e6);
    return 0;
}
