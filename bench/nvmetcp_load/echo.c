/* Answers every 72 bytes with as many bytes as an NVMe/TCP controller sends for a Read: data header,
 * data, completion. Serves one connection.   echo SIZE  (prints its port) */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND = 72, HEADER = 24, MOST = 128 };

static void send_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t sent = write(fd, data, size);
        if (sent <= 0)
            exit(0);
        data += sent;
        size -= (size_t)sent;
    }
}

/* All that does not differ from one answer to the next: a data PDU with LAST, a response. */
static void prepare(char *answer, uint32_t size)
{
    uint32_t whole = HEADER + size, bare = HEADER;
    char *response = answer + whole;
    answer[0] = 7, answer[1] = 4, answer[2] = HEADER, answer[3] = HEADER;
    memcpy(answer + 4, &whole, 4);
    memcpy(answer + 16, &size, 4);
    response[0] = 5, response[2] = HEADER;
    memcpy(response + 4, &bare, 4);
}

int main(int argc, char **argv)
{
    size_t unit = HEADER + strtoul(argc > 1 ? argv[1] : "4096", 0, 10) + HEADER;
    char *answers = calloc(MOST, unit), commands[MOST * COMMAND];
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!answers || bind(listener, (void *)&address, length) || listen(listener, 1))
        return 1;
    for (size_t n = 0; n < MOST; n++)
        prepare(answers + n * unit, (uint32_t)(unit - 2 * HEADER));
    getsockname(listener, (void *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int fd = accept(listener, 0, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (size_t have = 0;;) {
        ssize_t got = read(fd, commands + have, sizeof commands - have);
        if (got <= 0)
            return 0;
        have += (size_t)got;
        size_t count = have / COMMAND;
        for (size_t n = 0; n < count; n++) {
            char *answer = answers + n * unit;
            memcpy(answer + 8, commands + n * COMMAND + 10, 2); /* command identifier */
            memcpy(answer + unit - HEADER + 20, commands + n * COMMAND + 10, 2);
        }
        send_all(fd, answers, count * unit);
        have -= count * COMMAND;
        memmove(commands, commands + count * COMMAND, have);
    }
}
