/* mmap, mremap, mprotect, brk, files mapped private and shared. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

int main(void) {
  char *a = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("zero %d aligned %d\n", a[2 * PAGE] == 0, ((uintptr_t)a & (PAGE - 1)) == 0);
  strcpy(a, "first");
  strcpy(a + 2 * PAGE, "third");
  munmap(a + PAGE, PAGE);
  printf("kept %s %s\n", a, a + 2 * PAGE);
  char *fixed = mmap(a + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("fixed %d\n", fixed == a + PAGE);
  a = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  strcpy(a, "first");
  strcpy(a + 2 * PAGE, "third");
  char *moved = mremap(a, 3 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
  printf("grown %s %s %d\n", moved, moved + 2 * PAGE, moved[63 * PAGE]);
  char *smaller = mremap(moved, 64 * PAGE, PAGE, 0);
  printf("shrunk %d %s\n", smaller == moved, smaller);
  madvise(smaller, PAGE, MADV_DONTNEED);
  printf("dropped %d\n", smaller[0]);

  char *path = "/tmp/trapwalk-mapping-test";
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, "hello, world", 12);
  char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  private[0] = 'J';
  shared[7] = 'W';
  char buffer[32] = "";
  pread(fd, buffer, 12, 0);
  printf("file %s private %s\n", buffer, private);
  pwrite(fd, "HE", 2, 0);
  printf("shared %s\n", shared);
  if (fork() == 0) {
    shared[1] = 'u';
    private[1] = 'u';
    _exit(0);
  }
  wait(NULL);
  printf("after child %s %s\n", shared, private);
  munmap(shared, PAGE);
  pread(fd, buffer, 12, 0);
  printf("file %s\n", buffer);
  ftruncate(fd, 5);
  printf("cut %d\n", (int)lseek(fd, 0, SEEK_END));
  close(fd);
  unlink(path);

  int memory = memfd_create("x", 0);
  ftruncate(memory, 2 * PAGE);
  int *counter = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  int *again = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  *counter = 5;
  printf("seen twice %d\n", *again);

  char *before = sbrk(0);
  sbrk(5 * PAGE);
  before[4 * PAGE] = 1;
  printf("break %d\n", (char *)sbrk(0) - before == 5 * PAGE);
  sbrk(-5 * PAGE);
  char *many[64];
  for (int i = 0; i < 64; i++) memset(many[i] = malloc(100000 + i), i, 100000);
  int sum = 0;
  for (int i = 0; i < 64; i++) sum += many[i][99999], free(many[i]);
  printf("sum %d\n", sum);
  uint32_t *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 3; i++) {
    code[0] = 0xe3a00000 | (10 * i); /* mov r0, #10i */
    code[1] = 0xe12fff1e;            /* bx lr */
    __builtin___clear_cache((char *)code, (char *)(code + 2));
    printf("code %d\n", ((int (*)(void))code)());
  }
  return 0;
}
