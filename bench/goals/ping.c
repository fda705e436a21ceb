/* A client that adds as little as it can to the time of an answer: `ping PORT`. For each line of its standard input, which is a
 * number of turns, it sends TPM2_GetRandom(8) to 127.0.0.1 so often, waits for each answer, and prints the median of their nanoseconds:
 * a few answers that had to wait for another program's time slice change nothing. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const unsigned char COMMAND[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8};

static int fail(const char *what) {
  perror(what);
  return 1;
}

static long long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  long long left = *(const long long *)a, right = *(const long long *)b;
  return (left > right) - (left < right);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  int connection = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) return fail("connect");
  if (setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return fail("TCP_NODELAY");
  long turns;
  while (scanf("%ld", &turns) == 1) {
    long long *times = malloc(sizeof *times * (size_t)turns);
    if (turns < 1 || times == NULL) return fail("turns");
    for (long i = 0; i < turns; i++) {
      unsigned char answer[4096];
      size_t have = 0, size = 10;
      long long from = nanoseconds();
      if (write(connection, COMMAND, sizeof COMMAND) != sizeof COMMAND) return fail("write");
      while (have < size) {
        ssize_t got = read(connection, answer + have, sizeof answer - have);
        if (got <= 0) return fail("read");
        have += (size_t)got;
        if (have >= 10) size = (size_t)answer[2] << 24 | answer[3] << 16 | answer[4] << 8 | answer[5];
      }
      times[i] = nanoseconds() - from;
    }
    qsort(times, (size_t)turns, sizeof *times, ascending);
    printf("%lld\n", times[turns / 2]);
    free(times);
    fflush(stdout);
  }
  return 0;
}
