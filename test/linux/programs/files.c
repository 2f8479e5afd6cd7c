/* Files and directories below /tmp. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path) {
  DIR *directory = opendir(path);
  char *names[32];
  int count = 0;
  struct dirent *entry;
  while ((entry = readdir(directory)) != NULL) names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof *names, compare);
  for (int i = 0; i < count; i++) printf("%s ", names[i]);
  printf("\n");
}

#define TRY(call) printf("%s: %s\n", #call, (call) == -1 ? strerrorname_np(errno) : "ok")

int main(void) {
  char base[] = "/tmp/trapwalk-files-XXXXXX", buffer[256] = "";
  mkdtemp(base);
  chdir(base);
  umask(022);
  int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666);
  TRY(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
  write(fd, "0123456789", 10);
  struct stat status;
  fstat(fd, &status);
  printf("size %d mode %o links %d\n", (int)status.st_size, status.st_mode, (int)status.st_nlink);
  lseek(fd, 4, SEEK_SET);
  read(fd, buffer, 3);
  printf("read %s at %d\n", buffer, (int)lseek(fd, 0, SEEK_CUR));
  pwrite(fd, "xy", 2, 1);
  pread(fd, buffer, 10, 0);
  printf("%.10s\n", buffer);
  struct iovec vectors[2] = {{"ab", 2}, {"cd", 2}};
  lseek(fd, 100, SEEK_SET);
  writev(fd, vectors, 2);
  fstat(fd, &status);
  printf("size %d\n", (int)status.st_size);
  int append = open("a", O_WRONLY | O_APPEND);
  write(append, "!", 1);
  printf("end %d\n", (int)lseek(fd, 0, SEEK_END));
  ftruncate(fd, 3);
  fstat(fd, &status);
  printf("size %d\n", (int)status.st_size);

  TRY(mkdir("d", 0777));
  TRY(mkdir("d", 0777));
  TRY(mkdir("d/e", 0700));
  TRY(rmdir("d"));
  TRY(symlink("a", "s"));
  TRY(symlink("../../../../../../../../etc", "d/up"));
  TRY(symlink("loop", "loop"));
  TRY(open("loop", O_RDONLY));
  TRY(open("s", O_RDONLY | O_NOFOLLOW));
  TRY(open("s/x", O_RDONLY));
  TRY(open("d", O_WRONLY));
  TRY(open("missing/x", O_CREAT | O_WRONLY, 0600));
  TRY(link("a", "hard"));
  stat("hard", &status);
  printf("links %d\n", (int)status.st_nlink);
  lstat("s", &status);
  printf("link %d %d\n", S_ISLNK(status.st_mode), (int)status.st_size);
  int length = readlink("s", buffer, sizeof buffer);
  printf("to %.*s\n", length, buffer);
  TRY(rename("a", "d/moved"));
  TRY(rename("d", "d/e/inside"));
  TRY(rename("d/moved", "hard2"));
  TRY(unlink("d"));
  TRY(rmdir("hard2"));
  TRY(access("hard", R_OK | W_OK));
  TRY(access("nothing", F_OK));
  list(".");
  list("d");
  TRY(chmod("hard", 0600));
  stat("hard", &status);
  printf("mode %o\n", status.st_mode);
  struct timespec times[2] = {{1000, 5}, {2000, 6}};
  utimensat(AT_FDCWD, "hard", times, 0);
  stat("hard", &status);
  printf("times %ld %ld\n", (long)status.st_atime, (long)status.st_mtime);
  TRY(truncate("hard", 50));
  TRY(flock(fd, LOCK_EX));
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  TRY(fcntl(fd, F_SETLK, &lock));

  char *here = getcwd(NULL, 0);
  printf("here %d\n", strcmp(here, base) == 0);
  int directory = open("d", O_RDONLY | O_DIRECTORY);
  TRY(openat(directory, "../hard", O_RDONLY));
  TRY(mkdirat(directory, "f", 0755));
  fchdir(directory);
  TRY(access("e", F_OK));
  chdir("..");
  int copy = dup2(fd, 50);
  printf("dup %d\n", copy);
  fcntl(copy, F_SETFD, FD_CLOEXEC);
  printf("flags %d %d\n", fcntl(copy, F_GETFD), fcntl(fd, F_GETFD));
  int out = open("copy", O_RDWR | O_CREAT, 0644);
  lseek(fd, 0, SEEK_SET);
  printf("sent %d\n", (int)sendfile(out, fd, NULL, 100));
  TRY(unlink("copy"));
  printf("still %d\n", (int)lseek(out, 0, SEEK_END));
  TRY(close(777));
  TRY(mkfifo("pipe", 0600));
  if (fork() == 0) {
    int writer = open("pipe", O_WRONLY);
    write(writer, "through", 7);
    _exit(0);
  }
  int reader = open("pipe", O_RDONLY);
  memset(buffer, 0, sizeof buffer);
  read(reader, buffer, sizeof buffer);
  printf("%s\n", buffer);
  wait(NULL);
  int null = open("/dev/null", O_RDWR);
  printf("null %d %d\n", (int)write(null, "x", 1), (int)read(null, buffer, 1));
  int full = open("/dev/full", O_WRONLY);
  TRY((int)write(full, "x", 1));
  FILE *file = tmpfile();
  fprintf(file, "%d", 12345);
  rewind(file);
  int number;
  fscanf(file, "%d", &number);
  printf("number %d\n", number);
  char self[64];
  sprintf(self, "/proc/self/fd/%d", fd);
  length = readlink(self, buffer, sizeof buffer);
  printf("descriptor %d\n", length > 0 && strncmp(buffer, base, strlen(base)) == 0);
  TRY(unlink("s"));
  TRY(unlink("loop"));
  TRY(unlink("hard"));
  TRY(unlink("hard2"));
  TRY(unlink("pipe"));
  TRY(unlink("d/up"));
  TRY(rmdir("d/e"));
  TRY(rmdir("d/f"));
  TRY(rmdir("d"));
  chdir("/");
  TRY(rmdir(base));
  return 0;
}
